//! Offers.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferTerms};
use offers_domain::ports::{Catalogue, StoreError};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{NewOfferRow, OfferRow};
use crate::schema::offers;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl Catalogue for SqliteUnitOfWork {
    async fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| find(connection, *id).transpose()).collect()
        })
        .await
    }

    async fn insert_offers(
        &mut self,
        terms: &[OfferTerms],
        now: OffsetDateTime,
    ) -> Result<Vec<OfferId>, StoreError> {
        self.over(terms, move |connection, terms| {
            terms.iter().map(|terms| insert(connection, terms, now)).collect()
        })
        .await
    }
}

pub(crate) fn find(connection: &mut SqliteConnection, id: OfferId) -> Result<Option<Offer>, SqliteError> {
    let row = offers::table.find(id.0).select(OfferRow::as_select()).get_result(connection).optional()?;
    Ok(row.map(Offer::try_from).transpose()?)
}

fn insert(
    connection: &mut SqliteConnection,
    terms: &OfferTerms,
    now: OffsetDateTime,
) -> Result<OfferId, SqliteError> {
    let id = diesel::insert_into(offers::table)
        .values(NewOfferRow::new(terms, now))
        .returning(offers::id)
        .get_result(connection)?;
    Ok(OfferId(id))
}
