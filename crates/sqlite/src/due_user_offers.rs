//! Subscriptions whose time has come.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use offers_domain::ports::{DueUserOffers, Locked, StoreError};
use offers_domain::user_offer::{Ending, UserOffer};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{UserOfferRow, micros};
use crate::schema::user_offers;
use crate::unit_of_work::SqliteUnitOfWork;

/// The condition of the index by ends, word for word: as a bound value it would not be recognised.
const ACTIVE: &str = "user_offers.status = 'active'";

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What can be read of the rows that `load` finds beside those that it is told to leave out.
fn readable(
    mut load: impl FnMut(&[i64]) -> QueryResult<Vec<UserOfferRow>>,
) -> Result<Vec<UserOffer>, SqliteError> {
    let mut unreadable = Vec::new();
    loop {
        let (known, rows) = (unreadable.len(), load(&unreadable)?);
        let read = rows.into_iter().filter_map(|row| {
            let id = row.id;
            let tell = |error: &StoreError| {
                tracing::error!(%error, "a subscription cannot be read and is left out of the scheduled work");
                unreadable.push(id);
            };
            UserOffer::try_from(row).inspect_err(tell).ok()
        });
        let read = read.collect();
        // What could not be read has taken others' places: look again without it.
        if unreadable.len() == known {
            return Ok(read);
        }
    }
}

/// While a unit has its turn nobody else writes, so every row that it reads is locked.
fn locked(user_offers: Vec<UserOffer>) -> Vec<Locked<UserOffer>> {
    user_offers.into_iter().map(Locked::by_store).collect()
}

#[async_trait]
impl DueUserOffers for SqliteUnitOfWork {
    async fn lock_ended(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        self.run(move |connection| {
            let ended = |unreadable: &[i64]| {
                user_offers::table
                    .filter(sql::<Bool>(ACTIVE))
                    .filter(user_offers::expires_at.le(micros(now)))
                    .filter(user_offers::id.ne_all(unreadable.to_vec()))
                    .order((user_offers::expires_at, user_offers::id))
                    .limit(count(limit))
                    .select(UserOfferRow::as_select())
                    .load(connection)
            };
            readable(ended).map(locked)
        })
        .await
    }

    async fn lock_due_renewals(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        self.run(move |connection| {
            let due = |unreadable: &[i64]| {
                user_offers::table
                    .filter(user_offers::renew_at.le(micros(now)))
                    .filter(user_offers::id.ne_all(unreadable.to_vec()))
                    .order((user_offers::renew_at, user_offers::id))
                    .limit(count(limit))
                    .select(UserOfferRow::as_select())
                    .load(connection)
            };
            readable(due).map(locked)
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
            readable(|unreadable| {
                user_offers::table
                    .filter(sql::<Bool>(ACTIVE))
                    .filter(user_offers::expires_at.ge(at))
                    .filter(user_offers::expires_at.gt(at).or(user_offers::id.gt(after.id.0)))
                    .filter(user_offers::expires_at.le(micros(until)))
                    .filter(user_offers::id.ne_all(unreadable.to_vec()))
                    .order((user_offers::expires_at, user_offers::id))
                    .limit(count(limit))
                    .select(UserOfferRow::as_select())
                    .load(connection)
            })
        })
        .await
    }
}
