//! Events and the work list of their deliveries.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{DeliveryId, EventId, PartnerId, WebhookId};
use offers_domain::ports::{Locked, StoreError, WebhookEvents};
use offers_domain::webhook::delivery::{Attempt, Delivery};
use offers_domain::webhook::endpoint::{Owner, Webhook, WebhookStatus};
use offers_domain::webhook::event::{EventKind, Happening};
use offers_domain::webhook::views::{ReplayOf, Replayed};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{
    DeliveryRow, DeliveryStateRow, NewDeliveryRow, NewWebhookEventRow, WebhookAttemptRow, WebhookRow, micros,
};
use crate::schema::{partner_orders, webhook_attempts, webhook_deliveries, webhook_events, webhooks};
use crate::unit_of_work::{SqliteUnitOfWork, locked_work, work};
use crate::update::update;

mod replay;

/// Ids follow the order of writing, so that the oldest are found at once.
const PURGE: &str = "
    DELETE FROM webhook_events WHERE created_at < ?1 AND id IN (
        SELECT id FROM webhook_events ORDER BY id LIMIT ?2
    )";

#[async_trait]
impl WebhookEvents for SqliteUnitOfWork {
    async fn record_events(
        &mut self,
        happenings: &[Happening],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.over(happenings, move |connection, happenings| {
            let listeners = listeners(connection)?;
            if listeners.is_empty() {
                return Ok(());
            }
            happenings.iter().try_for_each(|happening| record(connection, happening, &listeners, now))
        })
        .await
    }

    async fn insert_test(
        &mut self,
        webhook: WebhookId,
        event: EventId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.run(move |connection| {
            let id: i64 = diesel::insert_into(webhook_events::table)
                .values((
                    webhook_events::name.eq(event.0.as_bytes().to_vec()),
                    webhook_events::kind.eq(EventKind::Test.as_str()),
                    webhook_events::dedupe_key.eq(format!("{}:{}", EventKind::Test, event.0)),
                    webhook_events::created_at.eq(micros(now)),
                ))
                .returning(webhook_events::id)
                .get_result(connection)?;
            queue(connection, &NewDeliveryRow::at(now, webhook.0, id, None))
        })
        .await
    }

    async fn replay(
        &mut self,
        webhook: WebhookId,
        of: ReplayOf,
        at_most: usize,
        now: OffsetDateTime,
    ) -> Result<Replayed, StoreError> {
        self.run(move |connection| replay::replay(connection, webhook, of, at_most, now)).await
    }

    async fn lock_due_deliveries(
        &mut self,
        limit: usize,
        per_webhook: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Delivery>>, StoreError> {
        self.run(move |connection| {
            let mut due = Vec::new();
            for webhook in open_to_calls(connection, now)? {
                let most = webhook.health.resume_at.map_or(per_webhook, |_| 1);
                due.extend(due_of(connection, webhook.id, most, now)?);
            }
            due.sort_by_key(|(place, delivery)| (*place, delivery.due_at(), delivery.id()));
            Ok(due.into_iter().take(limit).map(|(_, delivery)| delivery).collect())
        })
        .await
    }

    async fn lock_deliveries(&mut self, ids: &[DeliveryId]) -> Result<Vec<Locked<Delivery>>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| find(connection, *id).transpose()).collect()
        })
        .await
    }

    async fn update_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        self.over(deliveries, |connection, deliveries| {
            deliveries.iter().try_for_each(|delivery| save(connection, delivery))
        })
        .await
    }

    async fn record_webhook_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError> {
        self.over(attempts, |connection, attempts| {
            for attempt in &attempts {
                diesel::insert_into(webhook_attempts::table)
                    .values(WebhookAttemptRow::from(attempt))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn purge_events(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let (limit, at_most) = (micros(limit), i64::try_from(at_most).unwrap_or(i64::MAX));
        self.run(move |connection| {
            let purge = diesel::sql_query(PURGE).bind::<BigInt, _>(limit).bind::<BigInt, _>(at_most);
            Ok(purge.execute(connection)?)
        })
        .await
    }
}

/// What decides whether an endpoint wants an event. Nothing else of it is read: an order ends although a webhook cannot be.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks, check_for_backend(Sqlite))]
struct Listener {
    id: i64,
    partner_id: Option<i64>,
    kinds: String,
    status: String,
}

impl Listener {
    fn wants(&self, kind: EventKind, seller: Option<PartnerId>) -> bool {
        let owner = Owner::from(self.partner_id.map(PartnerId));
        owner.hears_of(seller) && self.kinds.split(',').any(|wanted| wanted == kind.as_str())
    }

    /// Whether new events are queued for it. One that was disabled can have them replayed.
    fn is_told(&self) -> bool {
        [WebhookStatus::Enabled, WebhookStatus::Paused].iter().any(|status| status.as_str() == self.status)
    }
}

/// Every endpoint that is there: few, as each owner has few.
fn listeners(connection: &mut SqliteConnection) -> QueryResult<Vec<Listener>> {
    let there = webhooks::table.filter(webhooks::status.ne(WebhookStatus::Deleted.as_str()));
    there.order(webhooks::id).select(Listener::as_select()).load(connection)
}

/// The endpoints that may be called now.
fn open_to_calls(connection: &mut SqliteConnection, now: OffsetDateTime) -> QueryResult<Vec<Webhook>> {
    let open = webhooks::table
        .filter(webhooks::status.eq(WebhookStatus::Enabled.as_str()))
        .filter(webhooks::resume_at.is_null().or(webhooks::resume_at.le(micros(now))))
        .order(webhooks::id)
        .select(WebhookRow::as_select());
    work(open.load_iter::<WebhookRow, DefaultLoadingMode>(connection)?, usize::MAX)
}

fn record(
    connection: &mut SqliteConnection,
    happening: &Happening,
    listeners: &[Listener],
    now: OffsetDateTime,
) -> Result<(), SqliteError> {
    let topic = happening.about.0.as_bytes().to_vec();
    let sold: Option<(i64, String)> = partner_orders::table
        .filter(partner_orders::transaction_id.eq(&topic))
        .select((partner_orders::partner_id, partner_orders::reference))
        .get_result(connection)
        .optional()?;
    let (kind, seller) = (happening.kind(), sold.as_ref().map(|(partner, _)| PartnerId(*partner)));
    let wanting: Vec<_> = listeners.iter().filter(|listener| listener.wants(kind, seller)).collect();
    if wanting.is_empty() {
        return Ok(());
    }
    let told: Option<i64> = diesel::insert_into(webhook_events::table)
        .values(NewWebhookEventRow::new(happening, sold, now))
        .on_conflict(webhook_events::dedupe_key)
        .do_nothing()
        .returning(webhook_events::id)
        .get_result(connection)
        .optional()?;
    let Some(event) = told else { return Ok(()) };
    for listener in wanting.into_iter().filter(|listener| listener.is_told()) {
        queue(connection, &NewDeliveryRow::at(now, listener.id, event, Some(topic.clone())))?;
    }
    Ok(())
}

fn queue(connection: &mut SqliteConnection, delivery: &NewDeliveryRow) -> Result<(), SqliteError> {
    diesel::insert_into(webhook_deliveries::table).values(delivery).execute(connection)?;
    Ok(())
}

/// What may be sent to one endpoint now, with its place among those under way: who has the fewest comes first, so that a slow
/// endpoint with a backlog takes no more than its share of all places.
fn due_of(
    connection: &mut SqliteConnection,
    webhook: WebhookId,
    most: usize,
    now: OffsetDateTime,
) -> Result<Vec<(usize, Locked<Delivery>)>, SqliteError> {
    let earlier = diesel::alias!(webhook_deliveries as earlier);
    let (theirs, at) = (webhook_deliveries::webhook_id.eq(webhook.0), micros(now));
    let under_way: i64 = webhook_deliveries::table
        .filter(theirs)
        .filter(webhook_deliveries::status.eq("sending"))
        .filter(webhook_deliveries::due_at.gt(at))
        .count()
        .get_result(connection)?;
    let blocked = earlier
        .filter(earlier.field(webhook_deliveries::webhook_id).eq(webhook_deliveries::webhook_id))
        .filter(earlier.field(webhook_deliveries::topic).eq(webhook_deliveries::topic))
        .filter(earlier.field(webhook_deliveries::event_id).lt(webhook_deliveries::event_id))
        .filter(earlier.field(webhook_deliveries::due_at).is_not_null());
    let due = webhook_deliveries::table
        .inner_join(webhook_events::table)
        .filter(theirs)
        .filter(webhook_deliveries::due_at.le(at))
        .filter(diesel::dsl::not(diesel::dsl::exists(blocked)))
        .order((webhook_deliveries::due_at, webhook_deliveries::id))
        .select(DeliveryRow::as_select());
    let busy = usize::try_from(under_way).unwrap_or(usize::MAX);
    let rows = due.load_iter::<DeliveryRow, DefaultLoadingMode>(connection)?;
    Ok((busy..).zip(locked_work(rows, most.saturating_sub(busy))?).collect())
}

fn find(connection: &mut SqliteConnection, id: DeliveryId) -> Result<Option<Locked<Delivery>>, SqliteError> {
    let row = webhook_deliveries::table
        .inner_join(webhook_events::table)
        .filter(webhook_deliveries::id.eq(id.0))
        .select(DeliveryRow::as_select());
    let delivery = row.get_result(connection).optional()?.map(Delivery::try_from).transpose()?;
    Ok(delivery.map(Locked::by_store))
}

fn save(connection: &mut SqliteConnection, delivery: &Delivery) -> Result<(), SqliteError> {
    let id = delivery.id();
    let theirs = webhook_deliveries::id.eq(id.0);
    if update(&webhook_deliveries::table, DeliveryStateRow::from(delivery), theirs).execute(connection)? == 1
    {
        Ok(())
    } else {
        Err(StoreError::Misuse(format!("there is no delivery {id}")).into())
    }
}
