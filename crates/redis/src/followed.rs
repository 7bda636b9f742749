//! Who waits in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::Follow;
use tokio::sync::watch;

/// The orders that somebody follows.
#[derive(Debug, Default)]
pub(crate) struct Followed(Mutex<HashMap<TransactionId, watch::Sender<()>>>);

impl Followed {
    pub(crate) fn len(&self) -> usize {
        self.orders().len()
    }

    /// Wakes the followers of these orders.
    pub(crate) fn announce(&self, ids: impl IntoIterator<Item = TransactionId>) {
        let orders = self.orders();
        for order in ids.into_iter().filter_map(|id| orders.get(&id)) {
            order.send_replace(());
        }
    }

    /// Wakes everybody.
    pub(crate) fn announce_all(&self) {
        for order in self.orders().values() {
            order.send_replace(());
        }
    }

    pub(crate) fn follow(self: &Arc<Self>, id: TransactionId) -> Follower {
        let news = self.orders().entry(id).or_default().subscribe();
        Follower { news, _place: Place { id, followed: Arc::clone(self) } }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<TransactionId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its fields are dropped in this order: the last follower of an order finds none left and clears the place.
pub(crate) struct Follower {
    news: watch::Receiver<()>,
    _place: Place,
}

#[async_trait]
impl Follow for Follower {
    async fn changed(&mut self) {
        // The sender stays in its place for as long as this follower holds it, so there is no error to see.
        let _ = self.news.changed().await;
    }
}

struct Place {
    id: TransactionId,
    followed: Arc<Followed>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut orders = self.followed.orders();
        if orders.get(&self.id).is_some_and(|order| order.receiver_count() == 0) {
            orders.remove(&self.id);
        }
    }
}
