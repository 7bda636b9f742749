//! What follows a commit: caches learn, workers and waiting clients are woken.

use std::sync::Arc;

use offers_domain::ports::{Measure, Metrics, StatusCache, WakeUp};
use offers_domain::transaction::Status;
use offers_domain::views::StatusView;
use time::OffsetDateTime;

/// Tells the rest of the world about orders that have just changed. Best effort: the store has the truth already, and
/// nothing here can fail.
#[derive(Clone)]
pub struct Announcer {
    cache: Arc<dyn StatusCache>,
    wake_up: Arc<dyn WakeUp>,
    metrics: Arc<dyn Metrics>,
}

impl Announcer {
    /// Speaks through these ports.
    pub fn new(cache: Arc<dyn StatusCache>, wake_up: Arc<dyn WakeUp>, metrics: Arc<dyn Metrics>) -> Self {
        Self { cache, wake_up, metrics }
    }

    /// Announces orders whose change was committed at `committed_at`.
    pub async fn announce(&self, changed: &[StatusView], committed_at: OffsetDateTime) {
        for view in changed {
            self.count(view);
        }
        if changed.iter().any(|view| view.status == Status::Pending) {
            self.wake_up.ring().await;
        }
        self.cache.put(changed, committed_at).await;
        // Nobody can have heard of an order that has just been placed.
        let known = changed.iter().filter(|view| view.version > 1);
        let ids: Vec<_> = known.map(|view| view.transaction).collect();
        if !ids.is_empty() {
            self.wake_up.announce(&ids).await;
        }
    }

    /// Announces orders that were given back at `committed_at`: another worker may take them at once.
    pub async fn hand_over(&self, released: &[StatusView], committed_at: OffsetDateTime) {
        self.announce(released, committed_at).await;
        self.wake_up.ring().await;
    }

    fn count(&self, view: &StatusView) {
        if view.status == Status::Pending {
            self.metrics.record(Measure::OrderPlaced);
        } else if view.status.is_final() {
            let took = (view.updated_at - view.created_at).unsigned_abs();
            self.metrics.record(Measure::OrderEnded { status: view.status, took });
        }
    }
}
