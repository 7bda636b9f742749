//! Offers.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferTerms, Stock};
use offers_domain::ports::{Catalogue, Locked, StoreError};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{NewOfferRow, OfferRow, OfferTermsRow, Reading, micros};
use crate::schema::{offer_stocks, offers};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

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

    async fn lock_offers(&mut self, ids: &[OfferId]) -> Result<Vec<Locked<Offer>>, StoreError> {
        // While a unit has its turn nobody else writes, so every row that it reads is locked.
        Ok(self.offers(ids).await?.into_iter().map(Locked::by_store).collect())
    }

    async fn update_offers(&mut self, offers: &[Offer], now: OffsetDateTime) -> Result<(), StoreError> {
        self.over(offers, move |connection, offers| {
            offers.iter().try_for_each(|offer| save(connection, offer, now))
        })
        .await
    }

    async fn lock_stocks(&mut self, offers: &[OfferId]) -> Result<Vec<Locked<Stock>>, StoreError> {
        self.over(offers, |connection, mut offers| {
            offers.sort_unstable();
            offers.dedup();
            offers.iter().map(|offer| stock(connection, *offer)).collect()
        })
        .await
    }

    async fn update_stocks(&mut self, stocks: &[Stock]) -> Result<(), StoreError> {
        self.over(stocks, |connection, stocks| {
            for Stock { offer, taken } in stocks {
                diesel::replace_into(offer_stocks::table)
                    .values((offer_stocks::offer_id.eq(offer.0), offer_stocks::taken.eq(i64::from(taken))))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }
}

pub(crate) fn find(connection: &mut SqliteConnection, id: OfferId) -> Result<Option<Offer>, SqliteError> {
    let row = offers::table.find(id.0).select(OfferRow::as_select()).get_result(connection).optional()?;
    Ok(row.map(Offer::try_from).transpose()?)
}

/// While a unit has its turn nobody else writes, so every row that it reads is locked.
fn stock(connection: &mut SqliteConnection, offer: OfferId) -> Result<Locked<Stock>, SqliteError> {
    let taken: Option<i64> =
        offer_stocks::table.find(offer.0).select(offer_stocks::taken).get_result(connection).optional()?;
    let reading = Reading { table: "offer_stocks", row: &offer };
    let taken = reading.number("taken", taken.unwrap_or_default())?;
    Ok(Locked::by_store(Stock { offer, taken }))
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

fn save(connection: &mut SqliteConnection, offer: &Offer, now: OffsetDateTime) -> Result<(), SqliteError> {
    let changes = (
        OfferTermsRow::from(&offer.terms),
        offers::is_active.eq(offer.is_active),
        offers::version.eq(i64::from(offer.version)),
        offers::updated_at.eq(micros(now)),
    );
    update(&offers::table, changes, offers::id.eq(offer.id.0)).execute(connection)?;
    Ok(())
}
