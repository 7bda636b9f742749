//! Bells: workers wait for orders, clients wait for answers.

use async_trait::async_trait;

use super::SignalSink;
use crate::ids::TransactionId;

/// Tells those who wait that something happened. A ring may be lost when a process dies, so whoever waits also looks
/// for itself now and then; correctness never depends on a bell.
#[async_trait]
pub trait WakeUp: Send + Sync {
    /// There is work. Rings before anyone waits are remembered as one.
    async fn ring(&self);

    /// Returns once somebody has rung.
    async fn wait_for_work(&self);

    /// These orders have a new status.
    async fn announce(&self, ids: &[TransactionId]);

    /// Watches one order from now on.
    fn follow(&self, id: TransactionId) -> Box<dyn Follow>;
}

/// One client waiting for one order.
#[async_trait]
pub trait Follow: Send {
    /// Returns once the order was announced since the last call, or since following began.
    async fn changed(&mut self);
}

/// The clients of this process who follow orders. A signal that is delivered here stays in this process.
pub trait Followers: SignalSink + Send + Sync {
    /// The orders that somebody follows, in no particular order.
    fn orders(&self) -> Vec<TransactionId>;
}
