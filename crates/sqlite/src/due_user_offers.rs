//! Subscriptions whose time has come.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use offers_domain::ports::{DueUserOffers, Locked, StoreError};
use offers_domain::user_offer::{Ending, UserOffer};
use time::OffsetDateTime;

use crate::rows::{UserOfferRow, micros};
use crate::schema::user_offers;
use crate::unit_of_work::{SqliteUnitOfWork, locked_work, work};

/// The condition of the index by ends, word for word: as a bound value it would not be recognised.
const ACTIVE: &str = "user_offers.status = 'active'";

#[async_trait]
impl DueUserOffers for SqliteUnitOfWork {
    async fn lock_ended(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        self.run(move |connection| {
            let ended = user_offers::table
                .filter(sql::<Bool>(ACTIVE))
                .filter(user_offers::expires_at.le(micros(now)))
                .order((user_offers::expires_at, user_offers::id))
                .select(UserOfferRow::as_select());
            Ok(locked_work(ended.load_iter::<UserOfferRow, DefaultLoadingMode>(connection)?, limit)?)
        })
        .await
    }

    async fn lock_due_renewals(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        self.run(move |connection| {
            let due = user_offers::table
                .filter(user_offers::renew_at.le(micros(now)))
                .order((user_offers::renew_at, user_offers::id))
                .select(UserOfferRow::as_select());
            Ok(locked_work(due.load_iter::<UserOfferRow, DefaultLoadingMode>(connection)?, limit)?)
        })
        .await
    }

    async fn ending(
        &mut self,
        after: Ending,
        until: OffsetDateTime,
        limit: usize,
    ) -> Result<Vec<UserOffer>, StoreError> {
        self.run(move |connection| {
            let at = micros(after.at);
            // The first bound lets the index start at the place; the second passes over its ties.
            let ending = user_offers::table
                .filter(sql::<Bool>(ACTIVE))
                .filter(user_offers::expires_at.ge(at))
                .filter(user_offers::expires_at.gt(at).or(user_offers::id.gt(after.id.0)))
                .filter(user_offers::expires_at.le(micros(until)))
                .order((user_offers::expires_at, user_offers::id))
                .select(UserOfferRow::as_select());
            Ok(work(ending.load_iter::<UserOfferRow, DefaultLoadingMode>(connection)?, limit)?)
        })
        .await
    }
}
