//! Where orders stand: kept in this process before the cache that processes share.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{Clock, Signal, SignalSink, StatusCache};
use offers_domain::views::StatusView;
use time::{Duration, OffsetDateTime};

use crate::LocalStatusCache;

/// Statuses in memory, and behind them those that processes share. A change made elsewhere drops the status here as soon
/// as its signal arrives.
pub struct NearStatuses {
    near: LocalStatusCache,
    far: Arc<dyn StatusCache>,
}

impl NearStatuses {
    /// Room for `capacity` statuses. One that is not final stays for `near_for` at most after it was known here, which
    /// adds to the time for which `far` gives it out.
    pub fn new(capacity: u64, near_for: Duration, far: Arc<dyn StatusCache>, clock: Arc<dyn Clock>) -> Self {
        Self { near: LocalStatusCache::new(capacity, near_for, clock), far }
    }
}

#[async_trait]
impl StatusCache for NearStatuses {
    async fn get(&self, id: TransactionId) -> Option<StatusView> {
        if let Some(view) = self.near.get(id).await {
            return Some(view);
        }
        let view = self.far.get(id).await?;
        self.near.put(std::slice::from_ref(&view), self.near.now()).await;
        Some(view)
    }

    async fn put(&self, statuses: &[StatusView], known_at: OffsetDateTime) {
        self.near.put(statuses, known_at).await;
        self.far.put(statuses, known_at).await;
    }
}

impl SignalSink for NearStatuses {
    fn deliver(&self, signal: &Signal) {
        match signal {
            Signal::Changed(ids) => ids.iter().for_each(|id| self.near.forget(*id)),
            Signal::Missed => self.near.forget_all(),
            Signal::Work | Signal::SessionEnded(_) | Signal::CatalogueChanged => {}
        }
    }
}
