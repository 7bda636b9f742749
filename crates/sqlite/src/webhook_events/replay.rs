//! Queueing events again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};
use offers_domain::ids::{EventId, WebhookId};
use offers_domain::ports::StoreError;
use offers_domain::webhook::views::{ReplayOf, Replayed};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{Reading, micros};

/// Of the events that the endpoint wants to know of: one by its name, or those of a time after another one.
const WANTED: &str = "
    SELECT e.id, e.name
    FROM webhooks w JOIN webhook_events e ON w.id = ?1 AND (
        instr(',' || w.kinds || ',', ',' || e.kind || ',') > 0 AND (w.partner_id IS NULL OR w.partner_id = e.partner_id)
        OR EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id)
    )
    WHERE (?2 IS NULL OR e.name = ?2)
        AND (?3 IS NULL OR e.created_at >= ?3) AND (?4 IS NULL OR e.created_at < ?4)
        AND (?5 IS NULL OR e.id > (SELECT id FROM webhook_events WHERE name = ?5))
        AND (?2 IS NOT NULL OR e.kind <> 'webhook.test')
    ORDER BY e.id LIMIT ?6";

const QUEUE: &str = "
    INSERT INTO webhook_deliveries (event_id, webhook_id, topic, status, due_at, queued_at, updated_at)
    SELECT id, ?2, transaction_id, 'queued', ?3, ?3, ?3 FROM webhook_events WHERE id = ?1
    ON CONFLICT (event_id, webhook_id) DO UPDATE
        SET status = 'queued', due_at = ?3, queued_at = ?3, updated_at = ?3, tries = 0, reason = NULL
        WHERE due_at IS NULL";

#[derive(QueryableByName)]
struct WantedRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Binary)]
    name: Vec<u8>,
}

pub(super) fn replay(
    connection: &mut SqliteConnection,
    webhook: WebhookId,
    of: ReplayOf,
    at_most: usize,
    now: OffsetDateTime,
) -> Result<Replayed, SqliteError> {
    let (one, from, to, after) = match of {
        ReplayOf::Event(event) => (Some(event), None, None, None),
        ReplayOf::Between { from, to, after } => (None, Some(micros(from)), Some(micros(to)), after),
    };
    let name = |event: Option<EventId>| event.map(|event| event.0.as_bytes().to_vec());
    let mut wanted: Vec<WantedRow> = diesel::sql_query(WANTED)
        .bind::<BigInt, _>(webhook.0)
        .bind::<Nullable<Binary>, _>(name(one))
        .bind::<Nullable<BigInt>, _>(from)
        .bind::<Nullable<BigInt>, _>(to)
        .bind::<Nullable<Binary>, _>(name(after))
        .bind::<BigInt, _>(i64::try_from(at_most).unwrap_or(i64::MAX).saturating_add(1))
        .load(connection)?;
    let has_more = wanted.len() > at_most;
    wanted.truncate(at_most);
    let mut queued = 0;
    for event in &wanted {
        queued += diesel::sql_query(QUEUE)
            .bind::<BigInt, _>(event.id)
            .bind::<BigInt, _>(webhook.0)
            .bind::<BigInt, _>(micros(now))
            .execute(connection)?;
    }
    let last = wanted.last().map(read_name).transpose()?;
    Ok(Replayed { queued, last, has_more })
}

fn read_name(row: &WantedRow) -> Result<EventId, StoreError> {
    Reading { table: "webhook_events", row: &row.id }.uuid("name", &row.name).map(EventId)
}
