//! Offers.

use offers_domain::import::{ImportTable, ImportedRow, SourceOffer, offer_terms};
use offers_domain::offer::OfferTerms;
use offers_domain::ports::{StoreError, UnitOfWork};

use super::report::{Outcome, Verdict};
use super::{ImportError, Mode, Run, before};
use crate::transact::{Done, transact};

impl Run<'_> {
    pub(super) async fn offers(&self, rows: &[SourceOffer]) -> Result<Outcome, ImportError> {
        let (category, currency) = (self.ports.category, self.ports.currency);
        let verdicts = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let known = before(unit, ImportTable::Offers, rows).await?;
                let (mut verdicts, mut offers) = (Vec::with_capacity(rows.len()), Vec::new());
                for row in rows {
                    verdicts.push(match (known.get(&row.id), offer_terms(row, category, currency)) {
                        (Some(known), _) => Verdict::before(known, None, &row.name),
                        (None, Err(refusal)) => Verdict::refused(row.id, None, &refusal),
                        (None, Ok(terms)) => {
                            offers.push((row, terms));
                            Verdict::taken(row.id, None, &[])
                        }
                    });
                }
                if self.mode == Mode::Trial || offers.is_empty() {
                    return Ok(Done::Nothing(verdicts));
                }
                add(unit, &offers).await?;
                Ok(Done::Write(verdicts))
            })
        })
        .await?;
        Ok(Outcome { table: ImportTable::Offers, verdicts })
    }
}

async fn add(unit: &mut dyn UnitOfWork, offers: &[(&SourceOffer, OfferTerms)]) -> Result<(), StoreError> {
    let now = unit.now().await?;
    let terms: Vec<_> = offers.iter().map(|(_, terms)| terms.clone()).collect();
    let ids = unit.insert_offers(&terms, now).await?;
    let added = || ids.iter().zip(offers);
    let withdrawn: Vec<_> = added().filter(|(_, (row, _))| !row.is_active).map(|(id, _)| *id).collect();
    unit.switch_off(&[], &withdrawn).await?;
    let remembered: Vec<_> = added()
        .map(|(id, (row, _))| ImportedRow {
            table: ImportTable::Offers,
            source: row.id,
            target: id.to_string(),
            seen: row.name.clone(),
        })
        .collect();
    unit.record_imported(&remembered, now).await
}
