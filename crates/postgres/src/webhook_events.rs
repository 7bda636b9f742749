//! Events and the work list of their deliveries.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use offers_domain::ids::{DeliveryId, EventId, WebhookId};
use offers_domain::ports::{Locked, StoreError, WebhookEvents};
use offers_domain::webhook::delivery::{Attempt, Delivery};
use offers_domain::webhook::endpoint::Webhook;
use offers_domain::webhook::event::Happening;
use offers_domain::webhook::views::{ReplayOf, Replayed};
use time::OffsetDateTime;

use crate::rows::{DeliveryRow, NewEventRow, SavedDeliveryRow, WebhookAttemptRow, WebhookRow};
use crate::schema::webhooks;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

mod replay;

/// One round trip, and one look at a small table where nobody listens. Ids are given in the order of what happened.
const RECORD: &str = "
    WITH happened AS (
        SELECT h.*, p.partner_id, p.reference
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) WITH ORDINALITY AS h (
            kind, dedupe_key, transaction_id, user_id, offer_id, user_offer_id, ends_at, days, error_code, place
        )
        LEFT JOIN partner_orders p ON p.transaction_id = h.transaction_id
        WHERE EXISTS (SELECT FROM webhooks WHERE status <> 'deleted')
    ),
    told AS (
        INSERT INTO webhook_events (
            kind, dedupe_key, transaction_id, user_id, offer_id, user_offer_id, ends_at, days, error_code, partner_id,
            reference, created_at
        )
        SELECT kind, dedupe_key, transaction_id, user_id, offer_id, user_offer_id, ends_at, days, error_code, partner_id,
               reference, $1
        FROM happened h
        WHERE EXISTS (
            SELECT FROM webhooks w WHERE w.status <> 'deleted' AND h.kind = ANY (string_to_array(w.kinds, ','))
                AND (w.partner_id IS NULL OR w.partner_id = h.partner_id)
        )
        ORDER BY place
        ON CONFLICT (dedupe_key) DO NOTHING
        RETURNING id, kind, transaction_id, partner_id
    )
    INSERT INTO webhook_deliveries (event_id, webhook_id, topic, status, due_at, queued_at, updated_at)
    SELECT t.id, w.id, t.transaction_id, 'queued', $1, $1, $1
    FROM told t JOIN webhooks w ON w.status IN ('enabled', 'paused') AND t.kind = ANY (string_to_array(w.kinds, ','))
        AND (w.partner_id IS NULL OR w.partner_id = t.partner_id)
    ORDER BY t.id, w.id";

const INSERT_TEST: &str = "
    WITH told AS (
        INSERT INTO webhook_events (name, kind, dedupe_key, created_at)
        VALUES ($1, 'webhook.test', 'webhook.test:' || $1, $3)
        RETURNING id
    )
    INSERT INTO webhook_deliveries (event_id, webhook_id, status, due_at, queued_at, updated_at)
    SELECT id, $2, 'queued', $3, $3, $3 FROM told";

/// Those of endpoints that have the fewest under way come first, so that a slow one with a backlog takes no more than its
/// share of the places. OFFSET has what stands before a delivery be looked up by its topic; as a join, it would be looked for
/// in the whole backlog.
const LOCK_DUE: &str = "
    SELECT due.*, e.name, e.kind, e.transaction_id, e.user_id, e.offer_id, e.user_offer_id, e.ends_at, e.days,
           e.error_code, e.reference, e.created_at
    FROM (
        SELECT w.id, busy, GREATEST(0, CASE WHEN w.resume_at IS NULL THEN $2 ELSE 1 END - busy) AS free
        FROM webhooks w CROSS JOIN LATERAL (
            SELECT count(*) AS busy FROM webhook_deliveries d
            WHERE d.webhook_id = w.id AND d.status = 'sending' AND d.due_at > $1
        ) AS under_way
        WHERE w.id = ANY ($4)
    ) AS places CROSS JOIN LATERAL (
        SELECT d.id, d.event_id, d.webhook_id, d.status, d.due_at, d.attempt, d.tries, d.reason, d.queued_at, d.updated_at
        FROM webhook_deliveries d
        WHERE d.webhook_id = places.id AND d.due_at <= $1 AND d.id <> ALL ($5) AND NOT EXISTS (
            SELECT FROM webhook_deliveries b
            WHERE b.webhook_id = d.webhook_id AND b.topic = d.topic AND b.event_id < d.event_id AND b.due_at IS NOT NULL
            OFFSET 0
        )
        ORDER BY d.due_at, d.id LIMIT places.free FOR NO KEY UPDATE SKIP LOCKED
    ) AS due JOIN webhook_events e ON e.id = due.event_id
    ORDER BY places.busy + row_number() OVER (PARTITION BY places.id ORDER BY due.due_at, due.id), due.due_at, due.id
    LIMIT $3";

const LOCK: &str = "
    SELECT d.id, d.webhook_id, d.status, d.due_at, d.attempt, d.tries, d.reason, d.queued_at, d.updated_at, e.name, e.kind,
           e.transaction_id, e.user_id, e.offer_id, e.user_offer_id, e.ends_at, e.days, e.error_code, e.reference,
           e.created_at
    FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event_id
    WHERE d.id = ANY ($1) ORDER BY d.id FOR NO KEY UPDATE OF d";

const UPDATE: &str = "
    UPDATE webhook_deliveries t SET
        status = n.status, due_at = n.due_at, attempt = n.attempt, tries = n.tries, reason = n.reason,
        updated_at = n.updated_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (id, status, due_at, attempt, tries, reason, updated_at)
    WHERE t.id = n.id";

const RECORD_ATTEMPTS: &str = "
    INSERT INTO webhook_attempts (delivery_id, number, status, error, started_at, took_ms)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6)";

/// Ids follow the order of writing, so that the oldest are found at once.
const PURGE: &str = "
    DELETE FROM webhook_events WHERE created_at < $1 AND id = ANY (ARRAY(
        SELECT id FROM webhook_events ORDER BY id LIMIT $2
    ))";

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl PgUnitOfWork {
    /// The endpoints that may be called now. One that cannot be read would never be, and its deliveries would take others'
    /// places each time.
    async fn open_to_calls(&mut self, now: OffsetDateTime) -> Result<Vec<i64>, StoreError> {
        let open = |unreadable: Vec<i64>| {
            webhooks::table
                .filter(webhooks::status.eq("enabled"))
                .filter(webhooks::resume_at.is_null().or(webhooks::resume_at.le(now)))
                .filter(webhooks::id.ne_all(unreadable))
                .select(WebhookRow::as_select())
        };
        let open: Vec<Webhook> = self.work(open, |row: &WebhookRow| row.id).await?;
        Ok(open.iter().map(|webhook| webhook.id.0).collect())
    }
}

#[async_trait]
impl WebhookEvents for PgUnitOfWork {
    async fn record_events(
        &mut self,
        happenings: &[Happening],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if happenings.is_empty() {
            return Ok(());
        }
        let rows: Vec<NewEventRow> = happenings.iter().map(NewEventRow::from).collect();
        let record = bind_columns!(statement(RECORD).bind::<Timestamptz, _>(now), rows;
            kind: Text, dedupe_key: Text, transaction_id: SqlUuid, user_id: BigInt, offer_id: BigInt,
            user_offer_id: Nullable<BigInt>, ends_at: Nullable<Timestamptz>, days: Nullable<BigInt>,
            error_code: Nullable<Text>);
        self.write(record)
    }

    async fn insert_test(
        &mut self,
        webhook: WebhookId,
        event: EventId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let insert = statement(INSERT_TEST)
            .bind::<SqlUuid, _>(event.0)
            .bind::<BigInt, _>(webhook.0)
            .bind::<Timestamptz, _>(now);
        self.write(insert)
    }

    async fn replay(
        &mut self,
        webhook: WebhookId,
        of: ReplayOf,
        at_most: usize,
        now: OffsetDateTime,
    ) -> Result<Replayed, StoreError> {
        self.queue_again(webhook, of, at_most, now).await
    }

    async fn lock_due_deliveries(
        &mut self,
        limit: usize,
        per_webhook: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Delivery>>, StoreError> {
        let open = self.open_to_calls(now).await?;
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let due = |unreadable| {
            statement(LOCK_DUE)
                .bind::<Timestamptz, _>(now)
                .bind::<BigInt, _>(count(per_webhook))
                .bind::<BigInt, _>(count(limit))
                .bind::<Array<BigInt>, _>(open.clone())
                .bind::<Array<BigInt>, _>(unreadable)
        };
        self.locked_work(due, |row: &DeliveryRow| row.id).await
    }

    async fn lock_deliveries(&mut self, ids: &[DeliveryId]) -> Result<Vec<Locked<Delivery>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<DeliveryRow> = self.rows(statement(LOCK).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(|row| Ok(Locked::by_store(Delivery::try_from(row)?))).collect()
    }

    async fn update_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let rows: Vec<SavedDeliveryRow> = deliveries.iter().map(SavedDeliveryRow::from).collect();
        let update = bind_columns!(statement(UPDATE), rows;
            id: BigInt, state.status: Text, state.due_at: Nullable<Timestamptz>, state.attempt: BigInt,
            state.tries: BigInt, state.reason: Nullable<Text>, state.updated_at: Timestamptz);
        self.write_rows(update, rows.len(), StoreError::Misuse("there is no such delivery".into()))
    }

    async fn record_webhook_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError> {
        if attempts.is_empty() {
            return Ok(());
        }
        let rows: Vec<WebhookAttemptRow> = attempts.iter().map(WebhookAttemptRow::from).collect();
        let insert = bind_columns!(statement(RECORD_ATTEMPTS), rows;
            delivery_id: BigInt, number: BigInt, status: Nullable<BigInt>, error: Nullable<Text>,
            started_at: Timestamptz, took_ms: BigInt);
        self.write(insert)
    }

    async fn purge_events(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        self.run(statement(PURGE).bind::<Timestamptz, _>(limit).bind::<BigInt, _>(count(at_most))).await
    }
}
