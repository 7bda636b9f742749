//! Queueing events again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool};
use offers_domain::ids::{EventId, WebhookId};
use offers_domain::ports::StoreError;
use offers_domain::webhook::views::{REPLAY_LOOKS, ReplayOf, Replayed};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{Reading, micros};
use crate::schema::webhook_events;

/// One event, if the endpoint wants to know of it.
const ONE: &str = "
    SELECT e.id, e.name, 1 AS place, 1 AS wanted
    FROM webhooks w JOIN webhook_events e ON e.name = ?2
    WHERE w.id = ?1 AND (
        instr(',' || w.kinds || ',', ',' || e.kind || ',') > 0 AND (w.partner_id IS NULL OR w.partner_id = e.partner_id)
        OR EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id)
    )";

/// The events behind a place in time that the endpoint wants to know of, and the last that was looked at where there may be
/// more. Both bounds belong to the index, so that a replay reads what it looks at and nothing before or behind it.
const BETWEEN: &str = "
    SELECT e.id, e.name, e.place, e.wanted FROM (
        SELECT e.*, e.kind <> 'webhook.test' AND (
            instr(',' || w.kinds || ',', ',' || e.kind || ',') > 0
                AND (w.partner_id IS NULL OR w.partner_id = e.partner_id)
            OR EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id)
        ) AS wanted
        FROM (
            SELECT id, name, kind, partner_id, created_at, row_number() OVER (ORDER BY created_at, id) AS place
            FROM webhook_events WHERE (created_at, id) > (?2, ?3) AND created_at < ?4
            ORDER BY created_at, id LIMIT ?5
        ) AS e JOIN webhooks w ON w.id = ?1
    ) AS e
    WHERE e.wanted OR e.place = ?5
    ORDER BY e.created_at, e.id LIMIT ?6";

const QUEUE: &str = "
    INSERT INTO webhook_deliveries (event_id, webhook_id, topic, status, due_at, queued_at, updated_at)
    SELECT id, ?2, transaction_id, 'queued', ?3, ?3, ?3 FROM webhook_events WHERE id = ?1
    ON CONFLICT (event_id, webhook_id) DO UPDATE
        SET status = 'queued', due_at = ?3, queued_at = ?3, updated_at = ?3, tries = 0, reason = NULL
        WHERE due_at IS NULL";

#[derive(QueryableByName)]
struct SeenRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Binary)]
    name: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Bool)]
    wanted: bool,
}

pub(super) fn replay(
    connection: &mut SqliteConnection,
    webhook: WebhookId,
    of: ReplayOf,
    at_most: usize,
    now: OffsetDateTime,
) -> Result<Replayed, SqliteError> {
    let (mut seen, has_more) = match of {
        ReplayOf::Event(event) => (wanted_one(connection, webhook, event)?, false),
        ReplayOf::Between { from, to, after } => {
            let Some(place) = place(connection, from, after)? else { return Ok(Replayed::default()) };
            wanted_between(connection, webhook, place, to, at_most)?
        }
    };
    seen.truncate(at_most);
    let mut queued = 0;
    for event in seen.iter().filter(|event| event.wanted) {
        queued += diesel::sql_query(QUEUE)
            .bind::<BigInt, _>(event.id)
            .bind::<BigInt, _>(webhook.0)
            .bind::<BigInt, _>(micros(now))
            .execute(connection)?;
    }
    let last = seen.last().map(read_name).transpose()?;
    Ok(Replayed { queued, last, has_more })
}

fn wanted_one(
    connection: &mut SqliteConnection,
    webhook: WebhookId,
    event: EventId,
) -> QueryResult<Vec<SeenRow>> {
    let one = diesel::sql_query(ONE).bind::<BigInt, _>(webhook.0);
    one.bind::<Binary, _>(event.0.as_bytes().as_slice()).load(connection)
}

/// Behind which place a replay begins; none where it should follow an event that is not there.
fn place(
    connection: &mut SqliteConnection,
    from: OffsetDateTime,
    after: Option<EventId>,
) -> QueryResult<Option<(i64, i64)>> {
    let start = (micros(from), 0);
    let Some(after) = after else { return Ok(Some(start)) };
    let place = webhook_events::table
        .filter(webhook_events::name.eq(after.0.as_bytes().as_slice()))
        .select((webhook_events::created_at, webhook_events::id));
    let place: Option<(i64, i64)> = place.get_result(connection).optional()?;
    Ok(place.map(|place| start.max(place)))
}

/// What is wanted, one more than `at_most`, and whether there may be more.
fn wanted_between(
    connection: &mut SqliteConnection,
    webhook: WebhookId,
    (at, id): (i64, i64),
    to: OffsetDateTime,
    at_most: usize,
) -> QueryResult<(Vec<SeenRow>, bool)> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let looks = count(at_most.saturating_mul(REPLAY_LOOKS));
    let seen: Vec<SeenRow> = diesel::sql_query(BETWEEN)
        .bind::<BigInt, _>(webhook.0)
        .bind::<BigInt, _>(at)
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(micros(to))
        .bind::<BigInt, _>(looks)
        .bind::<BigInt, _>(count(at_most.saturating_add(1)))
        .load(connection)?;
    let has_more = seen.len() > at_most || seen.last().is_some_and(|event| event.place == looks);
    Ok((seen, has_more))
}

fn read_name(row: &SeenRow) -> Result<EventId, StoreError> {
    Reading { table: "webhook_events", row: &row.id }.uuid("name", &row.name).map(EventId)
}
