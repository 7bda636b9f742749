//! Subscriptions whose time has come.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Timestamptz};
use offers_domain::ports::{DueUserOffers, Locked, StoreError};
use offers_domain::user_offer::{Ending, UserOffer};
use time::OffsetDateTime;

use crate::rows::UserOfferRow;
use crate::statement::statement;
use crate::unit_of_work::PgUnitOfWork;

const LOCK_ENDED: &str = "
    SELECT id, user_id, offer_id, transaction_id, status, activated_at, expires_at, auto_renew, renew_at
    FROM user_offers WHERE status = 'active' AND expires_at <= $1 AND id <> ALL ($3)
    ORDER BY expires_at, id LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED";

const LOCK_DUE_RENEWALS: &str = "
    SELECT id, user_id, offer_id, transaction_id, status, activated_at, expires_at, auto_renew, renew_at
    FROM user_offers WHERE renew_at <= $1 AND id <> ALL ($3) ORDER BY renew_at, id LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED";

const ENDING: &str = "
    SELECT id, user_id, offer_id, transaction_id, status, activated_at, expires_at, auto_renew, renew_at
    FROM user_offers WHERE status = 'active' AND (expires_at, id) > ($1, $2) AND expires_at <= $3
        AND id <> ALL ($5)
    ORDER BY expires_at, id LIMIT $4";

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl PgUnitOfWork {
    async fn lock_due(
        &mut self,
        text: &'static str,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        let due = |unreadable| {
            statement(text)
                .bind::<Timestamptz, _>(now)
                .bind::<BigInt, _>(count(limit))
                .bind::<Array<BigInt>, _>(unreadable)
        };
        self.locked_work(due, |row: &UserOfferRow| row.id).await
    }
}

#[async_trait]
impl DueUserOffers for PgUnitOfWork {
    async fn lock_ended(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        self.lock_due(LOCK_ENDED, limit, now).await
    }

    async fn lock_due_renewals(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError> {
        self.lock_due(LOCK_DUE_RENEWALS, limit, now).await
    }

    async fn ending(
        &mut self,
        after: Ending,
        until: OffsetDateTime,
        limit: usize,
    ) -> Result<Vec<UserOffer>, StoreError> {
        let ending = |unreadable| {
            statement(ENDING)
                .bind::<Timestamptz, _>(after.at)
                .bind::<BigInt, _>(after.id.0)
                .bind::<Timestamptz, _>(until)
                .bind::<BigInt, _>(count(limit))
                .bind::<Array<BigInt>, _>(unreadable)
        };
        self.work(ending, |row: &UserOfferRow| row.id).await
    }
}
