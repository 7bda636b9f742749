//! Reads of endpoints and of what was sent to them. An owner in the question keeps everybody else's out.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::ids::{DeliveryId, EventId, WebhookId};
use crate::page::{Page, PageRequest};
use crate::webhook::delivery::Delivery;
use crate::webhook::endpoint::Webhook;
use crate::webhook::views::{DeliveryFile, DeliveryFilter, WebhookFilter};

/// How many deliveries wait, for alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryBacklog {
    /// Deliveries to enabled endpoints that have not ended.
    pub open: u64,
    /// When the oldest of them was queued, UTC.
    pub oldest: Option<OffsetDateTime>,
}

/// Reads endpoints and deliveries.
#[async_trait]
pub trait WebhookQueries {
    /// A page of endpoints by id, deleted ones left out.
    async fn webhooks(
        &self,
        filter: &WebhookFilter,
        page: &PageRequest<WebhookId>,
    ) -> Result<Page<Webhook>, StoreError>;

    /// One endpoint, if it is there and among these.
    async fn webhook(&self, id: WebhookId, filter: &WebhookFilter) -> Result<Option<Webhook>, StoreError>;

    /// A page of an endpoint's deliveries, newest first.
    async fn deliveries(
        &self,
        webhook: WebhookId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Page<Delivery>, StoreError>;

    /// The delivery of an event to an endpoint, with its newest 100 attempts.
    async fn delivery(&self, webhook: WebhookId, event: EventId) -> Result<Option<DeliveryFile>, StoreError>;

    /// How many deliveries wait.
    async fn delivery_backlog(&self) -> Result<DeliveryBacklog, StoreError>;
}
