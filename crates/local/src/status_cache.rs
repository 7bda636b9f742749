//! Where orders stand, kept in this process.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{Clock, StatusCache};
use offers_domain::views::StatusView;
use time::{Duration, OffsetDateTime};

use crate::shelf::Shelf;

/// A final status never changes; the limit only makes room.
const FINAL_STAYS: Duration = Duration::hours(24);

/// Statuses in memory.
pub struct LocalStatusCache {
    shelf: Shelf<TransactionId, StatusView>,
    fresh_for: Duration,
}

impl LocalStatusCache {
    /// Room for `capacity` statuses; one that is not final is good for `fresh_for` after it was known.
    pub fn new(capacity: u64, fresh_for: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { shelf: Shelf::new(capacity, clock), fresh_for }
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.shelf.now()
    }

    pub(crate) fn forget(&self, id: TransactionId) {
        self.shelf.remove(&id);
    }

    pub(crate) fn forget_all(&self) {
        self.shelf.clear();
    }
}

#[async_trait]
impl StatusCache for LocalStatusCache {
    async fn get(&self, id: TransactionId) -> Option<StatusView> {
        self.shelf.get(&id)
    }

    async fn put(&self, statuses: &[StatusView], known_at: OffsetDateTime) {
        for status in statuses {
            let stays = if status.status.is_final() { FINAL_STAYS } else { self.fresh_for };
            let good_until = known_at.saturating_add(stays);
            let version = status.version;
            self.shelf.put(status.transaction, status.clone(), good_until, |kept| kept.version <= version);
        }
    }
}
