//! Subscriptions.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use offers_domain::activation::{Holding, Renewable};
use offers_domain::ids::{OfferId, TransactionId, UserId, UserOfferId};
use offers_domain::ports::{Locked, StoreError, UserOffers};
use offers_domain::user_offer::{NewUserOffer, RenewalOf, UserOffer, UserOfferRef};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::rows::{NewUserOfferRow, UserOfferRow};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

/// Of several running subscriptions, the one that runs longest; of several open orders, the oldest. The status is a
/// filter of the aggregate: as a condition it would let a plan walk the index of all running subscriptions in search of
/// this customer's.
const HOLDINGS: &str = "
    SELECT p.user_id, p.offer_id, running.id AS active, waiting.id AS open
    FROM (SELECT DISTINCT user_id, offer_id FROM unnest($1, $2) AS n (user_id, offer_id)) p
    CROSS JOIN LATERAL (
        SELECT (array_agg(u.id ORDER BY u.expires_at DESC, u.id DESC) FILTER (WHERE u.status = 'active'))[1] AS id
        FROM user_offers u WHERE u.user_id = p.user_id AND u.offer_id = p.offer_id AND u.expires_at > $3
    ) running
    CROSS JOIN LATERAL (
        SELECT (array_agg(t.id ORDER BY t.created_at, t.id))[1] AS id FROM transactions t
        WHERE t.user_id = p.user_id AND t.offer_id = p.offer_id AND t.completed_at IS NULL
    ) waiting
    WHERE running.id IS NOT NULL OR waiting.id IS NOT NULL
    ORDER BY p.user_id, p.offer_id";

/// Of several subscriptions to an offer, the one that ends last; one that has not begun only where no other is.
const RENEWABLES: &str = "
    SELECT w.subscription, w.offer, held.id, held.user_id, held.offer_id, held.transaction_id, held.status,
           held.activated_at, held.expires_at, held.auto_renew, held.renew_at, waiting.id AS open
    FROM (SELECT DISTINCT * FROM unnest($1, $2, $3) AS n (user_id, subscription, offer)) w
    CROSS JOIN LATERAL (
        SELECT * FROM user_offers u
        WHERE u.user_id = w.user_id AND (u.id = w.subscription OR u.offer_id = w.offer) AND u.status <> 'cancelled'
        ORDER BY u.expires_at DESC NULLS LAST, u.id DESC LIMIT 1
    ) held
    CROSS JOIN LATERAL (
        SELECT (array_agg(t.id ORDER BY t.created_at, t.id))[1] AS id FROM transactions t
        WHERE t.user_id = held.user_id AND t.offer_id = held.offer_id AND t.completed_at IS NULL AND t.renews = held.id
    ) waiting
    ORDER BY held.id";

const COUNT: &str = "
    SELECT p.user_id, p.offer_id, held.count
    FROM (SELECT DISTINCT user_id, offer_id FROM unnest($1, $2) AS n (user_id, offer_id)) p
    CROSS JOIN LATERAL (
        SELECT count(*) AS count FROM user_offers u
        WHERE u.user_id = p.user_id AND u.offer_id = p.offer_id AND u.status <> 'cancelled'
    ) held
    WHERE held.count > 0
    ORDER BY p.user_id, p.offer_id";

const INSERT: &str = "
    INSERT INTO user_offers (user_id, offer_id, transaction_id, status, created_at, updated_at)
    SELECT user_id, offer_id, transaction_id, 'pending', created_at, created_at
    FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS n (user_id, offer_id, transaction_id, created_at, place)
    ORDER BY place";

const LOCK: &str = "
    SELECT id, user_id, offer_id, transaction_id, status, activated_at, expires_at, auto_renew, renew_at
    FROM user_offers WHERE id = ANY ($1) OR transaction_id = ANY ($2) ORDER BY id FOR NO KEY UPDATE";

const UPDATE: &str = "
    UPDATE user_offers u
    SET status = n.status, activated_at = n.activated_at, expires_at = n.expires_at, auto_renew = n.auto_renew,
        renew_at = n.renew_at, updated_at = $1
    FROM unnest($2, $3, $4, $5, $6, $7) AS n (id, status, activated_at, expires_at, auto_renew, renew_at)
    WHERE u.id = n.id";

#[derive(QueryableByName)]
struct HoldingRow {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    offer_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    active: Option<i64>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    open: Option<Uuid>,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    offer_id: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct RenewableRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    subscription: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    offer: Option<i64>,
    #[diesel(embed)]
    held: UserOfferRow,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    open: Option<Uuid>,
}

impl RenewableRow {
    /// The pointer that asked for it.
    fn asked(&self) -> Option<(UserId, RenewalOf)> {
        let subscription = self.subscription.map(|id| RenewalOf::Subscription(UserOfferId(id)));
        let of = subscription.or(self.offer.map(|id| RenewalOf::Offer(OfferId(id))))?;
        Some((UserId(self.held.user_id), of))
    }
}

impl TryFrom<RenewableRow> for Renewable {
    type Error = StoreError;

    fn try_from(row: RenewableRow) -> Result<Self, StoreError> {
        Ok(Self { subscription: row.held.try_into()?, open: row.open.map(TransactionId) })
    }
}

#[async_trait]
impl UserOffers for PgUnitOfWork {
    async fn holdings(
        &mut self,
        pairs: &[(UserId, OfferId)],
        now: OffsetDateTime,
    ) -> Result<Vec<((UserId, OfferId), Holding)>, StoreError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let (users, offers): (Vec<i64>, Vec<i64>) =
            pairs.iter().map(|(user, offer)| (user.0, offer.0)).unzip();
        let query = statement(HOLDINGS)
            .bind::<Array<BigInt>, _>(users)
            .bind::<Array<BigInt>, _>(offers)
            .bind::<Timestamptz, _>(now);
        let rows: Vec<HoldingRow> = self.rows(query).await?;
        let holding = |row: HoldingRow| {
            let holding = Holding { active: row.active.map(UserOfferId), open: row.open.map(TransactionId) };
            ((UserId(row.user_id), OfferId(row.offer_id)), holding)
        };
        Ok(rows.into_iter().map(holding).collect())
    }

    async fn count_user_offers(
        &mut self,
        pairs: &[(UserId, OfferId)],
    ) -> Result<Vec<((UserId, OfferId), u32)>, StoreError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let (users, offers): (Vec<i64>, Vec<i64>) =
            pairs.iter().map(|(user, offer)| (user.0, offer.0)).unzip();
        let query = statement(COUNT).bind::<Array<BigInt>, _>(users).bind::<Array<BigInt>, _>(offers);
        let rows: Vec<CountRow> = self.rows(query).await?;
        let counted = |row: CountRow| {
            let count = u32::try_from(row.count).unwrap_or(u32::MAX);
            ((UserId(row.user_id), OfferId(row.offer_id)), count)
        };
        Ok(rows.into_iter().map(counted).collect())
    }

    async fn renewables(
        &mut self,
        pairs: &[(UserId, RenewalOf)],
    ) -> Result<Vec<((UserId, RenewalOf), Renewable)>, StoreError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let users: Vec<i64> = pairs.iter().map(|(user, _)| user.0).collect();
        let (subscriptions, offers): (Vec<Option<i64>>, Vec<Option<i64>>) = pairs
            .iter()
            .map(|(_, of)| match of {
                RenewalOf::Subscription(id) => (Some(id.0), None),
                RenewalOf::Offer(id) => (None, Some(id.0)),
            })
            .unzip();
        let query = statement(RENEWABLES)
            .bind::<Array<BigInt>, _>(users)
            .bind::<Array<Nullable<BigInt>>, _>(subscriptions)
            .bind::<Array<Nullable<BigInt>>, _>(offers);
        let rows: Vec<RenewableRow> = self.rows(query).await?;
        let found = rows.into_iter().filter_map(|row| Some((row.asked()?, row)));
        found.map(|(asked, row)| Ok((asked, Renewable::try_from(row)?))).collect()
    }

    async fn insert_user_offers(&mut self, user_offers: &[NewUserOffer]) -> Result<(), StoreError> {
        if user_offers.is_empty() {
            return Ok(());
        }
        let rows: Vec<NewUserOfferRow> = user_offers.iter().map(NewUserOfferRow::from).collect();
        let insert = bind_columns!(statement(INSERT), rows;
            user_id: BigInt, offer_id: BigInt, transaction_id: SqlUuid, created_at: Timestamptz);
        self.write(insert)
    }

    async fn lock_user_offers(
        &mut self,
        refs: &[UserOfferRef],
    ) -> Result<Vec<(UserOfferRef, Locked<UserOffer>)>, StoreError> {
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        let refs: HashSet<UserOfferRef> = refs.iter().copied().collect();
        let (mut ids, mut orders) = (Vec::new(), Vec::new());
        for pointer in &refs {
            match pointer {
                UserOfferRef::Existing(id) => ids.push(id.0),
                UserOfferRef::OpenedBy(transaction) => orders.push(transaction.0),
            }
        }
        let lock = statement(LOCK).bind::<Array<BigInt>, _>(ids).bind::<Array<SqlUuid>, _>(orders);
        let rows: Vec<UserOfferRow> = self.rows(lock).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let user_offer = UserOffer::try_from(row)?;
            let pointers =
                [UserOfferRef::Existing(user_offer.id), UserOfferRef::OpenedBy(user_offer.transaction)];
            let asked = pointers.into_iter().filter(|pointer| refs.contains(pointer));
            found.extend(asked.map(|pointer| (pointer, Locked::by_store(user_offer))));
        }
        Ok(found)
    }

    async fn update_user_offers(
        &mut self,
        user_offers: &[UserOffer],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if user_offers.is_empty() {
            return Ok(());
        }
        let rows: Vec<UserOfferRow> = user_offers.iter().map(UserOfferRow::from).collect();
        let update = statement(UPDATE).bind::<Timestamptz, _>(now);
        let update = bind_columns!(update, rows;
            id: BigInt, status: Text, activated_at: Nullable<Timestamptz>, expires_at: Nullable<Timestamptz>,
            auto_renew: Bool, renew_at: Nullable<Timestamptz>);
        let unknown = StoreError::Misuse("a user offer to be saved does not exist".into());
        self.write_rows(update, rows.len(), unknown)
    }
}
