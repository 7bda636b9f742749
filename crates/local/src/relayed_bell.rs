//! A bell that also rings in other processes.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{Follow, Signal, SignalRelay, WakeUp};

use crate::LocalBell;

/// Rings here at once, also when the relay is down, and everywhere else through the relay.
pub struct RelayedBell {
    near: Arc<LocalBell>,
    far: Arc<dyn SignalRelay>,
}

impl RelayedBell {
    /// Rings `near`, where this process waits, and sends through `far`. The relay's listener must deliver to `near`.
    pub fn new(near: Arc<LocalBell>, far: Arc<dyn SignalRelay>) -> Self {
        Self { near, far }
    }

    /// How many orders are being followed in this process.
    pub fn followed(&self) -> usize {
        self.near.followed()
    }
}

#[async_trait]
impl WakeUp for RelayedBell {
    async fn ring(&self) {
        self.near.ring().await;
        self.far.send(Signal::Work).await;
    }

    async fn wait_for_work(&self) {
        self.near.wait_for_work().await;
    }

    async fn announce(&self, ids: &[TransactionId]) {
        if ids.is_empty() {
            return;
        }
        self.near.announce(ids).await;
        self.far.send(Signal::Changed(ids.to_vec())).await;
    }

    fn follow(&self, id: TransactionId) -> Box<dyn Follow> {
        self.near.follow(id)
    }
}
