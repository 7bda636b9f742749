//! Endpoints, events and deliveries inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::ids::{DeliveryId, EventId, WebhookId};
use crate::webhook::delivery::{Attempt, Delivery};
use crate::webhook::endpoint::{NewWebhook, Owner, Webhook};
use crate::webhook::event::Happening;
use crate::webhook::views::{ReplayOf, Replayed};

/// Writes endpoints.
#[async_trait]
pub trait Webhooks {
    /// Registers an endpoint, which listens at once.
    async fn insert_webhook(&mut self, webhook: &NewWebhook) -> Result<WebhookId, StoreError>;

    /// How many endpoints an owner has.
    async fn count_webhooks(&mut self, owner: Owner) -> Result<usize, StoreError>;

    /// Locks these endpoints by ascending id. Unknown ids, and those of deleted ones, are missing from the answer; so are those
    /// that cannot be read, which are told about.
    async fn lock_webhooks(&mut self, ids: &[WebhookId]) -> Result<Vec<Locked<Webhook>>, StoreError>;

    /// Saves endpoints that this unit has locked.
    async fn update_webhooks(&mut self, webhooks: &[Webhook]) -> Result<(), StoreError>;
}

/// Writes events and hands their deliveries out.
#[async_trait]
pub trait WebhookEvents {
    /// Writes down what happened, in this order, and queues a delivery for each endpoint that listens, whatever else of it
    /// cannot be read. What nobody wants to know is not written, and neither is what was written before.
    async fn record_events(
        &mut self,
        happenings: &[Happening],
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Queues a test for one endpoint.
    async fn insert_test(
        &mut self,
        webhook: WebhookId,
        event: EventId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Queues events again for one endpoint, due at once, the first `at_most` of those that it wants to know of in the order
    /// in which they were written, among so many that are looked at (see [`REPLAY_LOOKS`]). Deliveries that have not ended
    /// stay as they are, and those that another unit holds may.
    ///
    /// [`REPLAY_LOOKS`]: crate::webhook::views::REPLAY_LOOKS
    async fn replay(
        &mut self,
        webhook: WebhookId,
        of: ReplayOf,
        at_most: usize,
        now: OffsetDateTime,
    ) -> Result<Replayed, StoreError>;

    /// Locks up to `limit` deliveries that are due or whose lease is over at `now`; those of endpoints that are enabled and
    /// not left alone at `now`. Endpoints take turns, those with the fewest under way first, and of each the longest waiting
    /// comes first. Of one endpoint there are never more than `per_webhook` under way, and one while it recovers; of the
    /// events about one order, only the first that has not ended. Those that another unit has locked are skipped; so are
    /// those that cannot be read, which are told about.
    async fn lock_due_deliveries(
        &mut self,
        limit: usize,
        per_webhook: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Delivery>>, StoreError>;

    /// Locks these deliveries by ascending id. Unknown ids are missing from the answer; duplicates are locked once.
    async fn lock_deliveries(&mut self, ids: &[DeliveryId]) -> Result<Vec<Locked<Delivery>>, StoreError>;

    /// Saves deliveries that this unit has locked.
    async fn update_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError>;

    /// Adds attempts to the log.
    async fn record_webhook_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError>;

    /// Forgets events that were written before `limit` with all that belongs to them, among the `at_most` oldest; says how
    /// many.
    async fn purge_events(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
}
