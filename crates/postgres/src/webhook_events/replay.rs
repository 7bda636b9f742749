//! Queueing events again.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Timestamptz, Uuid as SqlUuid};
use offers_domain::ids::{EventId, WebhookId};
use offers_domain::ports::StoreError;
use offers_domain::webhook::views::{REPLAY_LOOKS, ReplayOf, Replayed};
use time::OffsetDateTime;
use uuid::Uuid;

use super::count;
use crate::statement::statement;
use crate::unit_of_work::PgUnitOfWork;

/// One event, if the endpoint wants to know of it.
const ONE: &str = "
    SELECT e.id, e.name, 1::bigint AS place, TRUE AS wanted
    FROM webhooks w JOIN webhook_events e ON e.name = $2
    WHERE w.id = $1 AND (
        e.kind = ANY (string_to_array(w.kinds, ',')) AND (w.partner_id IS NULL OR w.partner_id = e.partner_id)
        OR EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id)
    )";

/// Where an event stands in time.
const PLACE: &str = "SELECT created_at, id FROM webhook_events WHERE name = $1";

/// The events behind a place in time that the endpoint wants to know of, and the last that was looked at where there may be
/// more. Both bounds belong to the index, so that a replay reads what it looks at and nothing before or behind it; OFFSET
/// keeps the server from hashing all deliveries to look some of them up.
const BETWEEN: &str = "
    SELECT e.id, e.name, e.place, e.wanted FROM (
        SELECT e.*, e.kind <> 'webhook.test' AND (
            e.kind = ANY (string_to_array(w.kinds, ',')) AND (w.partner_id IS NULL OR w.partner_id = e.partner_id)
            OR EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = w.id OFFSET 0)
        ) AS wanted
        FROM (
            SELECT id, name, kind, partner_id, created_at, row_number() OVER (ORDER BY created_at, id) AS place
            FROM webhook_events WHERE (created_at, id) > ($2, $3) AND created_at < $4
            ORDER BY created_at, id LIMIT $5
        ) AS e JOIN webhooks w ON w.id = $1
    ) AS e
    WHERE e.wanted OR e.place = $5
    ORDER BY e.created_at, e.id LIMIT $6";

/// The endpoint is locked, and who settles locks deliveries first: what is held is left alone, else the two would wait for
/// each other.
const QUEUE: &str = "
    WITH ended AS (
        SELECT d.id FROM unnest($2) AS chosen (id) CROSS JOIN LATERAL (
            SELECT id FROM webhook_deliveries WHERE event_id = chosen.id AND webhook_id = $1 AND due_at IS NULL
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS d
    ),
    again AS (
        UPDATE webhook_deliveries d
        SET status = 'queued', due_at = $3, queued_at = $3, updated_at = $3, tries = 0, reason = NULL
        FROM ended e WHERE d.id = e.id
        RETURNING d.id
    ),
    first AS (
        INSERT INTO webhook_deliveries (event_id, webhook_id, topic, status, due_at, queued_at, updated_at)
        SELECT e.id, $1, e.transaction_id, 'queued', $3, $3, $3
        FROM unnest($2) AS chosen (id) JOIN webhook_events e ON e.id = chosen.id
        WHERE NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.event_id = e.id AND d.webhook_id = $1)
        ORDER BY e.id
        ON CONFLICT (event_id, webhook_id) DO NOTHING
        RETURNING id
    )
    SELECT (SELECT count(*) FROM again) + (SELECT count(*) FROM first) AS queued";

#[derive(QueryableByName)]
struct SeenRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = SqlUuid)]
    name: Uuid,
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Bool)]
    wanted: bool,
}

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = Timestamptz)]
    created_at: OffsetDateTime,
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct QueuedRow {
    #[diesel(sql_type = BigInt)]
    queued: i64,
}

impl PgUnitOfWork {
    pub(super) async fn queue_again(
        &mut self,
        webhook: WebhookId,
        of: ReplayOf,
        at_most: usize,
        now: OffsetDateTime,
    ) -> Result<Replayed, StoreError> {
        let (mut seen, has_more) = match of {
            ReplayOf::Event(event) => (self.wanted_one(webhook, event).await?, false),
            ReplayOf::Between { from, to, after } => {
                let Some(place) = self.place(from, after).await? else { return Ok(Replayed::default()) };
                self.wanted_between(webhook, place, to, at_most).await?
            }
        };
        seen.truncate(at_most);
        let last = seen.last().map(|event| EventId(event.name));
        let chosen: Vec<i64> = seen.iter().filter(|event| event.wanted).map(|event| event.id).collect();
        let queue = statement(QUEUE)
            .bind::<BigInt, _>(webhook.0)
            .bind::<Array<BigInt>, _>(chosen)
            .bind::<Timestamptz, _>(now);
        let queued = self.rows(queue).await?.pop().map_or(0, |row: QueuedRow| row.queued);
        Ok(Replayed { queued: usize::try_from(queued).unwrap_or_default(), last, has_more })
    }

    async fn wanted_one(&mut self, webhook: WebhookId, event: EventId) -> Result<Vec<SeenRow>, StoreError> {
        let one = statement(ONE).bind::<BigInt, _>(webhook.0).bind::<SqlUuid, _>(event.0);
        self.rows(one).await
    }

    /// Behind which place a replay begins; none where it should follow an event that is not there.
    async fn place(
        &mut self,
        from: OffsetDateTime,
        after: Option<EventId>,
    ) -> Result<Option<(OffsetDateTime, i64)>, StoreError> {
        let start = (from, 0);
        let Some(after) = after else { return Ok(Some(start)) };
        let row: Option<PlaceRow> = self.rows(statement(PLACE).bind::<SqlUuid, _>(after.0)).await?.pop();
        Ok(row.map(|row| start.max((row.created_at, row.id))))
    }

    /// What is wanted, one more than `at_most`, and whether there may be more.
    async fn wanted_between(
        &mut self,
        webhook: WebhookId,
        (at, id): (OffsetDateTime, i64),
        to: OffsetDateTime,
        at_most: usize,
    ) -> Result<(Vec<SeenRow>, bool), StoreError> {
        let looks = count(at_most.saturating_mul(REPLAY_LOOKS));
        let between = statement(BETWEEN)
            .bind::<BigInt, _>(webhook.0)
            .bind::<Timestamptz, _>(at)
            .bind::<BigInt, _>(id)
            .bind::<Timestamptz, _>(to)
            .bind::<BigInt, _>(looks)
            .bind::<BigInt, _>(count(at_most.saturating_add(1)));
        let seen: Vec<SeenRow> = self.rows(between).await?;
        let has_more = seen.len() > at_most || seen.last().is_some_and(|event| event.place == looks);
        Ok((seen, has_more))
    }
}
