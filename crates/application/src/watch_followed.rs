//! A look at the orders that clients follow, for those whose bell was lost: one question for all clients of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use offers_domain::ids::TransactionId;
use offers_domain::ports::{Followers, Queries, Signal, StoreError};

/// How many orders one question is about.
const AT_ONCE: usize = 1000;

/// The use case.
pub struct WatchFollowed {
    queries: Arc<dyn Queries>,
    followers: Arc<dyn Followers>,
    /// The versions that the last look found.
    known: Mutex<HashMap<TransactionId, u32>>,
}

impl WatchFollowed {
    /// Looks for these followers.
    pub fn new(queries: Arc<dyn Queries>, followers: Arc<dyn Followers>) -> Self {
        Self { queries, followers, known: Mutex::default() }
    }

    /// Looks once, and wakes those whose order is at another version than the last look found. An order that is looked at
    /// for the first time counts as changed: its follower may have read it a moment too early.
    pub async fn run(&self) -> Result<(), StoreError> {
        let orders = self.followers.orders();
        let mut found = HashMap::with_capacity(orders.len());
        for some in orders.chunks(AT_ONCE) {
            found.extend(self.queries.versions(some).await?);
        }
        let changed = self.remember(found);
        if !changed.is_empty() {
            self.followers.deliver(&Signal::Changed(changed));
        }
        Ok(())
    }

    /// Keeps what was found in place of what was known; what is new in it.
    fn remember(&self, found: HashMap<TransactionId, u32>) -> Vec<TransactionId> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |(id, version): &(&TransactionId, &u32)| known.get(id) != Some(version);
        let changed = found.iter().filter(is_new).map(|(id, _)| *id).collect();
        *known = found;
        changed
    }
}
