//! Following an order: the cache first, the store behind it, the owner checked on every read.

use std::sync::Arc;
use std::time::Duration;

use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ports::{Clock, Queries, StatusCache, StoreError, WakeUp};
use offers_domain::views::StatusView;
use tokio::time::Instant;

/// How often a waiting client's order is looked up although no bell rang.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The use case.
pub struct ActivationStatus {
    cache: Arc<dyn StatusCache>,
    queries: Arc<dyn Queries>,
    wake_up: Arc<dyn WakeUp>,
    clock: Arc<dyn Clock>,
}

impl ActivationStatus {
    /// Reads through these ports.
    pub fn new(
        cache: Arc<dyn StatusCache>,
        queries: Arc<dyn Queries>,
        wake_up: Arc<dyn WakeUp>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { cache, queries, wake_up, clock }
    }

    /// The status of the user's order; none where there is no such order, or it is not theirs.
    pub async fn read(&self, user: UserId, id: TransactionId) -> Result<Option<StatusView>, StoreError> {
        let view = match self.cache.get(id).await {
            Some(view) => Some(view),
            None => self.look_up(id).await?,
        };
        Ok(view.filter(|view| view.user == user))
    }

    /// Like [`read`](Self::read), but holds the answer back until the order is final or has another version than `seen`
    /// (or than it had when the call came), for at most `patience`.
    pub async fn wait(
        &self,
        user: UserId,
        id: TransactionId,
        seen: Option<u32>,
        patience: Duration,
    ) -> Result<Option<StatusView>, StoreError> {
        let deadline = Instant::now() + patience;
        let mut follow = self.wake_up.follow(id);
        let Some(mut view) = self.read(user, id).await? else { return Ok(None) };
        let seen = seen.unwrap_or(view.version);
        while view.version == seen && !view.status.is_final() && Instant::now() < deadline {
            let next_look = deadline.min(Instant::now() + LOOK_EVERY);
            let rung = tokio::time::timeout_at(next_look, follow.changed()).await.is_ok();
            let newer = if rung { self.read_past(user, id, seen).await } else { self.look_up(id).await };
            view = newer.ok().flatten().unwrap_or(view);
        }
        Ok(Some(view))
    }

    /// The status after a bell: from the cache, unless the cache has not heard of the change yet.
    async fn read_past(
        &self,
        user: UserId,
        id: TransactionId,
        seen: u32,
    ) -> Result<Option<StatusView>, StoreError> {
        match self.read(user, id).await? {
            Some(view) if view.version != seen => Ok(Some(view)),
            _ => self.look_up(id).await,
        }
    }

    async fn look_up(&self, id: TransactionId) -> Result<Option<StatusView>, StoreError> {
        let read_at = self.clock.now();
        let view = self.queries.status(id).await?;
        if let Some(view) = &view {
            self.cache.put(std::slice::from_ref(view), read_at).await;
        }
        Ok(view)
    }
}
