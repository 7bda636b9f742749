//! Following an order: the cache first, the store behind it, the owner checked on every read.

use std::sync::Arc;
use std::time::Duration;

use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ports::{Clock, Queries, StatusCache, StoreError, WakeUp};
use offers_domain::views::StatusView;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::fallback::{Fallback, Known};

mod following;

pub use self::following::Following;

/// How many clients that follow an order are read for at once. One bell wakes all who follow, and a store that all of them
/// asked at once would turn most of them away, and others too.
const TURNS: usize = 4;

/// The use case.
pub struct ActivationStatus {
    cache: Arc<dyn StatusCache>,
    queries: Arc<dyn Queries>,
    wake_up: Arc<dyn WakeUp>,
    fallback: Fallback,
    clock: Arc<dyn Clock>,
    /// Turns to read for clients that are told of every transition.
    turns: Semaphore,
}

impl ActivationStatus {
    /// Reads through these ports.
    pub fn new(
        cache: Arc<dyn StatusCache>,
        queries: Arc<dyn Queries>,
        wake_up: Arc<dyn WakeUp>,
        fallback: Fallback,
    ) -> Self {
        let clock = fallback.clock.clone();
        Self { cache, queries, wake_up, fallback, clock, turns: Semaphore::new(TURNS) }
    }

    /// The status of the user's order; none where there is no such order, or it is not theirs. While the store does not
    /// answer, only a final status is shown.
    pub async fn read(
        &self,
        user: UserId,
        id: TransactionId,
    ) -> Result<Option<Known<StatusView>>, StoreError> {
        let read = self.current(id);
        let known = self.fallback.read_or(read, |known| known.status(id).map(|kept| kept.map(Some))).await?;
        match known.transpose() {
            Some(known) if known.value.user == user => Ok(Some(known)),
            // That somebody else's order is remembered here must not be told by another answer than for any other id.
            Some(Known { stale: Some(_), .. }) => {
                Err(StoreError::Unavailable("the store does not answer".into()))
            }
            _ => Ok(None),
        }
    }

    async fn current(&self, id: TransactionId) -> Result<Known<Option<StatusView>>, StoreError> {
        let down = self.fallback.health.store_is_down();
        match self.cache.get(id).await.filter(|view| !down || view.status.is_final()) {
            // A final status does not grow old.
            Some(view) => Ok(self.fallback.cached(Some(view), time::Duration::ZERO)),
            None => Ok(Known::current(self.look_up(id).await?)),
        }
    }

    /// Like [`read`](Self::read), but holds the answer back until the order is final or has another version than `seen`
    /// (or than it had when the call came), for at most `patience`. It asks nothing while no bell rings; at the end it looks
    /// once more. Bells that are lost are made up for by [`WatchFollowed`](crate::watch_followed::WatchFollowed).
    pub async fn wait(
        &self,
        user: UserId,
        id: TransactionId,
        seen: Option<u32>,
        patience: Duration,
    ) -> Result<Option<Known<StatusView>>, StoreError> {
        let deadline = Instant::now() + patience;
        let mut follow = self.wake_up.follow(id);
        let Some(Known { value: mut view, stale }) = self.read(user, id).await? else { return Ok(None) };
        let seen = seen.unwrap_or(view.version);
        while view.version == seen && !view.status.is_final() && Instant::now() < deadline {
            let rung = tokio::time::timeout_at(deadline, follow.changed()).await.is_ok();
            let newer = if rung { self.read_past(user, id, seen).await } else { self.look_up(id).await };
            view = newer.ok().flatten().unwrap_or(view);
        }
        Ok(Some(Known { value: view, stale }))
    }

    /// The status after a bell: from the cache, unless the cache has not heard of the change yet.
    async fn read_past(
        &self,
        user: UserId,
        id: TransactionId,
        seen: u32,
    ) -> Result<Option<StatusView>, StoreError> {
        match self.read(user, id).await? {
            Some(known) if known.value.version != seen => Ok(Some(known.value)),
            _ => self.look_up(id).await,
        }
    }

    async fn look_up(&self, id: TransactionId) -> Result<Option<StatusView>, StoreError> {
        let read_at = self.clock.now();
        let view = self.queries.status(id).await?;
        if let Some(view) = &view {
            self.fallback.last_known.keep_status(view);
            self.cache.put(std::slice::from_ref(view), read_at).await;
        }
        Ok(view)
    }
}
