//! Reads of endpoints and of what was sent to them.

use async_trait::async_trait;
use diesel::dsl::{count_star, min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use offers_domain::ids::{DeliveryId, EventId, WebhookId};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{DeliveryBacklog, StoreError, WebhookQueries};
use offers_domain::webhook::delivery::{Delivery, DeliveryStatus};
use offers_domain::webhook::endpoint::{Owner, Webhook};
use offers_domain::webhook::views::{AttemptView, DeliveryFile, DeliveryFilter, WebhookFilter};

use super::overfetch;
use crate::rows::{DeliveryRow, Reading, WebhookAttemptRow, WebhookRow};
use crate::schema::{webhook_attempts, webhook_deliveries, webhook_events, webhooks};
use crate::store::SqliteStore;

/// The condition of the index of what has not reached its endpoint, word for word: as a bound value it would not be
/// recognised.
const UNDELIVERED: &str = "webhook_deliveries.status <> 'delivered'";

/// Attempts that are shown of one delivery, at most.
const ATTEMPTS: i64 = 100;

#[async_trait]
impl WebhookQueries for SqliteStore {
    async fn webhooks(
        &self,
        filter: &WebhookFilter,
        page: &PageRequest<WebhookId>,
    ) -> Result<Page<Webhook>, StoreError> {
        let mut query = webhooks::table
            .filter(webhooks::status.ne("deleted"))
            .filter(webhooks::id.gt(page.after.map_or(0, |after| after.0)))
            .order(webhooks::id)
            .limit(overfetch(page.limit))
            .select(WebhookRow::as_select())
            .into_boxed();
        query = match filter.owner {
            Some(Owner::Partner(partner)) => query.filter(webhooks::partner_id.eq(partner.0)),
            Some(Owner::Operator) => query.filter(webhooks::partner_id.is_null()),
            None => query,
        };
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<WebhookRow> = query.load(connection)?;
                let found = rows.into_iter().map(Webhook::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(found, limit))
            })
            .await
    }

    async fn webhook(&self, id: WebhookId, filter: &WebhookFilter) -> Result<Option<Webhook>, StoreError> {
        let owner = filter.owner;
        self.readers
            .read(move |connection| {
                let row = webhooks::table
                    .filter(webhooks::id.eq(id.0))
                    .filter(webhooks::status.ne("deleted"))
                    .select(WebhookRow::as_select());
                let found = row.get_result(connection).optional()?.map(Webhook::try_from).transpose()?;
                Ok(found.filter(|webhook| owner.is_none_or(|owner| webhook.owner == owner)))
            })
            .await
    }

    async fn deliveries(
        &self,
        webhook: WebhookId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Page<Delivery>, StoreError> {
        let mut query = webhook_deliveries::table
            .inner_join(webhook_events::table)
            .filter(webhook_deliveries::webhook_id.eq(webhook.0))
            .order(webhook_deliveries::id.desc())
            .limit(overfetch(page.limit))
            .select(DeliveryRow::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(webhook_deliveries::id.lt(after.0));
        }
        if let Some(status) = filter.status {
            query = query.filter(webhook_deliveries::status.eq(status.as_str()));
            if status != DeliveryStatus::Delivered {
                query = query.filter(sql::<Bool>(UNDELIVERED));
            }
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<DeliveryRow> = query.load(connection)?;
                let found = rows.into_iter().map(Delivery::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(found, limit))
            })
            .await
    }

    async fn delivery(&self, webhook: WebhookId, event: EventId) -> Result<Option<DeliveryFile>, StoreError> {
        self.readers
            .read(move |connection| {
                let row: Option<DeliveryRow> = webhook_deliveries::table
                    .inner_join(webhook_events::table)
                    .filter(webhook_deliveries::webhook_id.eq(webhook.0))
                    .filter(webhook_events::name.eq(event.0.as_bytes().to_vec()))
                    .select(DeliveryRow::as_select())
                    .get_result(connection)
                    .optional()?;
                let Some(row) = row else { return Ok(None) };
                let rows: Vec<WebhookAttemptRow> = webhook_attempts::table
                    .filter(webhook_attempts::delivery_id.eq(row.id))
                    .order(webhook_attempts::number.desc())
                    .limit(ATTEMPTS)
                    .select(WebhookAttemptRow::as_select())
                    .load(connection)?;
                let attempts = rows.into_iter().rev().map(AttemptView::try_from).collect::<Result<_, _>>()?;
                Ok(Some(DeliveryFile { delivery: row.try_into()?, attempts }))
            })
            .await
    }

    async fn delivery_backlog(&self) -> Result<DeliveryBacklog, StoreError> {
        self.readers
            .read(|connection| {
                let (open, oldest): (i64, Option<i64>) = webhook_deliveries::table
                    .inner_join(webhooks::table)
                    .filter(webhooks::status.eq("enabled"))
                    .filter(webhook_deliveries::due_at.is_not_null())
                    .select((count_star(), min(webhook_deliveries::queued_at)))
                    .get_result(connection)?;
                let reading = Reading { table: "webhook_deliveries", row: &"?" };
                Ok(DeliveryBacklog {
                    open: reading.number("due_at", open)?,
                    oldest: reading.optional_instant("queued_at", oldest)?,
                })
            })
            .await
    }
}
