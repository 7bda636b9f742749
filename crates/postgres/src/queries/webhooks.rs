//! Reads of endpoints and of what was sent to them.

use async_trait::async_trait;
use diesel::dsl::{count_star, min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use offers_domain::ids::{DeliveryId, EventId, WebhookId};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{DeliveryBacklog, StoreError, WebhookQueries};
use offers_domain::webhook::delivery::{Delivery, DeliveryStatus};
use offers_domain::webhook::endpoint::Webhook;
use offers_domain::webhook::views::{AttemptView, DeliveryFile, DeliveryFilter, WebhookFilter};
use time::OffsetDateTime;

use super::overfetch;
use crate::rows::{DeliveryRow, Reading, WebhookAttemptRow, WebhookRow};
use crate::schema::{webhook_attempts, webhook_deliveries, webhook_events, webhooks};
use crate::store::PgStore;

/// The condition of the index of what has not reached its endpoint, word for word: as a bound value it would not be
/// recognised.
const UNDELIVERED: &str = "webhook_deliveries.status <> 'delivered'";

/// Attempts that are shown of one delivery, at most.
const ATTEMPTS: i64 = 100;

#[async_trait]
impl WebhookQueries for PgStore {
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
        if let Some(owner) = filter.owner {
            let partner = owner.partner().map(|partner| partner.0);
            query = query.filter(webhooks::partner_id.is_not_distinct_from(partner));
        }
        let rows: Vec<WebhookRow> = self.readers.rows(query).await?;
        let found = rows.into_iter().map(Webhook::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(found, page.limit))
    }

    async fn webhook(&self, id: WebhookId, filter: &WebhookFilter) -> Result<Option<Webhook>, StoreError> {
        let query = webhooks::table
            .filter(webhooks::id.eq(id.0))
            .filter(webhooks::status.ne("deleted"))
            .select(WebhookRow::as_select());
        let found: Option<Webhook> =
            self.readers.row::<_, WebhookRow>(query).await?.map(TryInto::try_into).transpose()?;
        Ok(found.filter(|webhook| filter.owner.is_none_or(|owner| webhook.owner == owner)))
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
        let rows: Vec<DeliveryRow> = self.readers.rows(query).await?;
        let found = rows.into_iter().map(Delivery::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(found, page.limit))
    }

    async fn delivery(&self, webhook: WebhookId, event: EventId) -> Result<Option<DeliveryFile>, StoreError> {
        let query = webhook_deliveries::table
            .inner_join(webhook_events::table)
            .filter(webhook_deliveries::webhook_id.eq(webhook.0))
            .filter(webhook_events::name.eq(event.0))
            .select(DeliveryRow::as_select());
        let Some(row) = self.readers.row::<_, DeliveryRow>(query).await? else { return Ok(None) };
        let log = webhook_attempts::table
            .filter(webhook_attempts::delivery_id.eq(row.id))
            .order(webhook_attempts::number.desc())
            .limit(ATTEMPTS)
            .select(WebhookAttemptRow::as_select());
        let rows: Vec<WebhookAttemptRow> = self.readers.rows(log).await?;
        let attempts = rows.into_iter().rev().map(AttemptView::try_from).collect::<Result<_, _>>()?;
        Ok(Some(DeliveryFile { delivery: row.try_into()?, attempts }))
    }

    async fn delivery_backlog(&self) -> Result<DeliveryBacklog, StoreError> {
        let waiting = webhook_deliveries::table
            .inner_join(webhooks::table)
            .filter(webhooks::status.eq("enabled"))
            .filter(webhook_deliveries::due_at.is_not_null())
            .select((count_star(), min(webhook_deliveries::queued_at)));
        let row: Option<(i64, Option<OffsetDateTime>)> = self.readers.row(waiting).await?;
        let reading = Reading { table: "webhook_deliveries", row: &"?" };
        let (open, oldest) = row.ok_or_else(|| reading.corrupt("due_at"))?;
        Ok(DeliveryBacklog { open: reading.number("due_at", open)?, oldest })
    }
}
