//! Signals between processes, through NOTIFY: for a deployment without Redis.

use async_trait::async_trait;
use offers_domain::ports::{Signal, SignalRelay};
use uuid::Uuid;

use crate::pool::Connections;
use crate::store::PgStore;

/// The one channel.
pub(crate) const CHANNEL: &str = "offers_signals";
/// NOTIFY carries less than 8000 bytes: so many ids fit beside the sender's name.
const IDS_PER_MESSAGE: usize = 200;

/// Sends signals with NOTIFY, one statement each.
pub struct PgRelay {
    name: Uuid,
    connections: Connections,
}

impl PgRelay {
    /// A relay of the process called `name`, which its listener must know too.
    pub fn new(store: &PgStore, name: Uuid) -> Self {
        Self { name, connections: store.readers.clone() }
    }

    async fn notify(&self, signal: &Signal) {
        // The message holds words of ours, UUIDs and spaces alone. Should it be lost, whoever waits also looks for itself
        // now and then.
        let message = signal.message(self.name);
        if let Ok(mut loan) = self.connections.lend().await
            && loan.command(&format!("NOTIFY {CHANNEL}, '{message}'")).await.is_ok()
        {
            loan.give_back();
        }
    }
}

#[async_trait]
impl SignalRelay for PgRelay {
    async fn send(&self, signal: Signal) {
        let Signal::Changed(ids) = &signal else { return self.notify(&signal).await };
        for some in ids.chunks(IDS_PER_MESSAGE) {
            self.notify(&Signal::Changed(some.to_vec())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use offers_domain::ids::TransactionId;

    use super::*;

    #[test]
    fn the_longest_message_fits_a_notification() {
        let ids = vec![TransactionId(Uuid::max()); IDS_PER_MESSAGE];
        assert!(Signal::Changed(ids).message(Uuid::max()).len() < 8000);
    }
}
