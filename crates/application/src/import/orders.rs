//! Orders, each with its subscription and its movements in the ledger.

use std::collections::HashSet;

use offers_domain::account::AccountError;
use offers_domain::ids::{OfferId, TransactionId, UserId};
use offers_domain::import::{
    ImportTable, ImportedRow, PastOrder, Refusal, SourceOrder, Taken, money, past_order,
};
use offers_domain::ports::{StoreError, UnitOfWork};
use time::OffsetDateTime;

use super::accounts::{Wallets, wallets_of};
use super::report::{Outcome, Verdict};
use super::{Home, Homes, ImportError, Mode, Run, before};
use crate::transact::{Done, transact};

/// An order that can be taken, and where its owner and its offer are.
type Decided = (Taken<PastOrder>, Home<UserId>, Home<OfferId>);

/// An order with its owner and its offer here.
struct Settled<'a> {
    row: &'a SourceOrder,
    order: PastOrder,
    user: UserId,
    offer: OfferId,
}

impl Run<'_> {
    pub(super) async fn orders(
        &self,
        table: ImportTable,
        rows: &[SourceOrder],
    ) -> Result<Outcome, ImportError> {
        let users: &Vec<i64> = &rows.iter().map(|row| row.user).collect();
        let offers: &Vec<i64> = &rows.iter().map(|row| row.offer).collect();
        let verdicts = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let homes = Homes::of(unit, users, offers, &self.refused, self.mode).await?;
                let known = before(unit, table, rows).await?;
                let payers = if self.mode == Mode::Apply { homes.people() } else { Vec::new() };
                let wallets = wallets_of(unit, &payers).await?;
                let decided: Vec<_> = rows.iter().map(|row| self.order(row, &homes, now)).collect();
                let ids = decided.iter().flatten().map(|(taken, ..)| taken.value.id);
                let mut taken_ids = taken_ids(unit, ids.collect()).await?;
                let (mut verdicts, mut settled) = (Vec::with_capacity(rows.len()), Vec::new());
                for (row, decided) in rows.iter().zip(decided) {
                    let paid = money(&row.amount, self.ports.currency).ok();
                    if let Some(known) = known.get(&row.id) {
                        verdicts.push(Verdict::before(known, paid, &row.status));
                        continue;
                    }
                    verdicts.push(match decided {
                        Err(refusal) => Verdict::refused(row.id, paid, &refusal),
                        Ok((taken, ..)) if !taken_ids.insert(taken.value.id) => {
                            Verdict::refused(row.id, paid, &Refusal::IdTaken)
                        }
                        Ok((Taken { value: order, notes }, user, offer)) => {
                            if let (Home::Here(user), Home::Here(offer)) = (user, offer) {
                                settled.push(Settled { row, order, user, offer });
                            }
                            Verdict::taken(row.id, paid, &notes)
                        }
                    });
                }
                if self.mode == Mode::Trial || settled.is_empty() {
                    return Ok(Done::Nothing(Ok(verdicts)));
                }
                Ok(match write(unit, table, &settled, &wallets, now).await? {
                    Ok(()) => Done::Write(Ok(verdicts)),
                    Err(error) => Done::Nothing(Err(error)),
                })
            })
        })
        .await??;
        Ok(Outcome { table, verdicts })
    }

    fn order(&self, row: &SourceOrder, homes: &Homes<'_>, now: OffsetDateTime) -> Result<Decided, Refusal> {
        let (user, offer) = (homes.user(row.user)?, homes.offer(row.offer)?);
        Ok((past_order(row, self.ports.currency, now)?, user, offer))
    }
}

/// Those of these ids that an order here has already.
async fn taken_ids(
    unit: &mut dyn UnitOfWork,
    ids: Vec<TransactionId>,
) -> Result<HashSet<TransactionId>, StoreError> {
    let found = unit.lock_transactions(&ids).await?;
    Ok(found.iter().map(|transaction| transaction.id()).collect())
}

async fn write(
    unit: &mut dyn UnitOfWork,
    table: ImportTable,
    settled: &[Settled<'_>],
    wallets: &Wallets,
    now: OffsetDateTime,
) -> Result<Result<(), AccountError>, StoreError> {
    let (mut transactions, mut user_offers, mut transfers, mut remembered) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for Settled { row, order, user, offer } in settled {
        let Some(wallet) = wallets.get(user) else {
            return Err(StoreError::Misuse(format!("user {user} has no wallet")));
        };
        let booked = match order.book(*user, *offer, wallet) {
            Ok(booked) => booked,
            Err(error) => return Ok(Err(error)),
        };
        transactions.push(booked.transaction);
        user_offers.push(booked.user_offer);
        transfers.extend(booked.transfers);
        let (target, seen) = (order.id.to_string(), row.status.clone());
        remembered.push(ImportedRow { table, source: row.id, target, seen });
    }
    unit.apply_transfers(&transfers, now).await?;
    unit.insert_transactions(&transactions).await?;
    unit.insert_past_user_offers(&user_offers).await?;
    unit.record_imported(&remembered, now).await.map(Ok)
}
