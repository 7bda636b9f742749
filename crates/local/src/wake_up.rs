//! Bells inside one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{Follow, Followers, Signal, SignalSink, WakeUp};
use tokio::sync::{Notify, watch};

/// Rings the workers of this process and tells its clients.
#[derive(Debug, Default)]
pub struct LocalBell {
    work: Notify,
    followed: Arc<Followed>,
}

impl LocalBell {
    /// How many orders are being followed.
    pub fn followed(&self) -> usize {
        self.followed.orders().len()
    }
}

/// Signals of other processes ring it too.
impl SignalSink for LocalBell {
    fn deliver(&self, signal: &Signal) {
        match signal {
            Signal::Work => self.work.notify_one(),
            Signal::Changed(ids) => self.followed.announce(ids),
            Signal::SessionEnded(_) | Signal::CatalogueChanged => {}
            Signal::Missed => {
                self.work.notify_one();
                self.followed.announce_all();
            }
        }
    }
}

impl Followers for LocalBell {
    fn orders(&self) -> Vec<TransactionId> {
        self.followed.orders().keys().copied().collect()
    }
}

#[async_trait]
impl WakeUp for LocalBell {
    async fn ring(&self) {
        self.work.notify_one();
    }

    async fn wait_for_work(&self) {
        self.work.notified().await;
    }

    async fn announce(&self, ids: &[TransactionId]) {
        self.followed.announce(ids);
    }

    fn follow(&self, id: TransactionId) -> Box<dyn Follow> {
        let mut orders = self.followed.orders();
        let news = orders.entry(id).or_default().subscribe();
        Box::new(Follower { news, _place: Place { id, followed: Arc::clone(&self.followed) } })
    }
}

/// The orders that somebody follows.
#[derive(Debug, Default)]
struct Followed(Mutex<HashMap<TransactionId, watch::Sender<()>>>);

impl Followed {
    fn announce(&self, ids: &[TransactionId]) {
        let orders = self.orders();
        for order in ids.iter().filter_map(|id| orders.get(id)) {
            order.send_replace(());
        }
    }

    fn announce_all(&self) {
        for order in self.orders().values() {
            order.send_replace(());
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<TransactionId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Its fields are dropped in this order: the last follower of an order finds none left and clears the place.
struct Follower {
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
