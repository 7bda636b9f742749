//! Notices and the work list of their senders.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Nullable, Numeric, Text, Timestamptz, Uuid};
use offers_domain::ids::NoticeId;
use offers_domain::notice::{NewNotice, NoticeChannel};
use offers_domain::ports::{Locked, Notices, StoreError};
use offers_domain::sending::Notice;
use time::OffsetDateTime;

use crate::rows::{NewNoticeRow, NoticeRow, SavedNoticeRow};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

/// In the order of their keys, so that two units which queue the same ones wait for each other in one direction only.
const INSERT: &str = "
    INSERT INTO notices (
        user_id, channel, kind, dedupe_key, reference, user_offer_id, offer_id, amount, currency, ends_at, days, obstacle,
        status, due_at, created_at, updated_at
    )
    SELECT user_id, channel, kind, dedupe_key, reference, user_offer_id, offer_id, amount, currency, ends_at, days, obstacle,
           'queued', $1, $1, $1
    FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS n (
        user_id, channel, kind, dedupe_key, reference, user_offer_id, offer_id, amount, currency, ends_at, days, obstacle
    )
    WHERE channel <> 'sms' OR EXISTS (SELECT FROM users WHERE users.id = n.user_id AND phone IS NOT NULL)
    ORDER BY dedupe_key
    ON CONFLICT (dedupe_key) DO NOTHING";

const LOCK_DUE: &str = "
    SELECT id, user_id, channel, kind, reference, user_offer_id, offer_id, amount, currency, ends_at, days, obstacle,
           status, due_at, attempt, reason, created_at, updated_at
    FROM notices WHERE channel = $1 AND due_at <= $2 AND id <> ALL ($4)
    ORDER BY due_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED";

const LOCK: &str = "
    SELECT id, user_id, channel, kind, reference, user_offer_id, offer_id, amount, currency, ends_at, days, obstacle,
           status, due_at, attempt, reason, created_at, updated_at
    FROM notices WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

const UPDATE: &str = "
    UPDATE notices t SET
        status = n.status, due_at = n.due_at, attempt = n.attempt, reason = n.reason, updated_at = n.updated_at
    FROM unnest($1, $2, $3, $4, $5, $6) AS n (id, status, due_at, attempt, reason, updated_at)
    WHERE t.id = n.id";

/// Ids follow the order of queueing, so that no index on the age is needed. Ended or not: one that stayed would take a place
/// among the oldest for good.
const PURGE: &str = "
    DELETE FROM notices WHERE created_at < $1 AND id = ANY (ARRAY(
        SELECT id FROM notices ORDER BY id LIMIT $2
    ))";

#[async_trait]
impl Notices for PgUnitOfWork {
    async fn insert_notices(&mut self, notices: &[NewNotice], now: OffsetDateTime) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let rows: Vec<NewNoticeRow> = notices.iter().map(NewNoticeRow::from).collect();
        let insert = bind_columns!(statement(INSERT).bind::<Timestamptz, _>(now), rows;
            user_id: BigInt, channel: Text, kind: Text, dedupe_key: Text, facts.reference: Nullable<Uuid>,
            facts.user_offer_id: Nullable<BigInt>, facts.offer_id: Nullable<BigInt>, facts.amount: Nullable<Numeric>,
            facts.currency: Nullable<Text>, facts.ends_at: Nullable<Timestamptz>, facts.days: Nullable<BigInt>,
            facts.obstacle: Nullable<Text>);
        self.write(insert)
    }

    async fn lock_due_notices(
        &mut self,
        channel: NoticeChannel,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Notice>>, StoreError> {
        let due = |unreadable| {
            statement(LOCK_DUE)
                .bind::<Text, _>(channel.as_str())
                .bind::<Timestamptz, _>(now)
                .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .bind::<Array<BigInt>, _>(unreadable)
        };
        self.locked_work(due, |row: &NoticeRow| row.id).await
    }

    async fn lock_notices(&mut self, ids: &[NoticeId]) -> Result<Vec<Locked<Notice>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<NoticeRow> = self.rows(statement(LOCK).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(|row| Ok(Locked::by_store(Notice::try_from(row)?))).collect()
    }

    async fn update_notices(&mut self, notices: &[Notice]) -> Result<(), StoreError> {
        if notices.is_empty() {
            return Ok(());
        }
        let rows: Vec<SavedNoticeRow> = notices.iter().map(SavedNoticeRow::from).collect();
        let update = bind_columns!(statement(UPDATE), rows;
            id: BigInt, state.status: Text, state.due_at: Nullable<Timestamptz>, state.attempt: BigInt,
            state.reason: Nullable<Text>, state.updated_at: Timestamptz);
        self.write_rows(update, rows.len(), StoreError::Misuse("there is no such notice".into()))
    }

    async fn purge_notices(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        self.run(statement(PURGE).bind::<Timestamptz, _>(limit).bind::<BigInt, _>(at_most)).await
    }
}
