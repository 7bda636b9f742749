//! Signals between processes, through NOTIFY: for a deployment without Redis.

use async_trait::async_trait;
use offers_domain::ports::{Signal, SignalRelay};
use uuid::Uuid;

use crate::pool::Connections;
use crate::store::PgStore;

/// The one channel. A message is the name of the process that sent it, then the orders that it is about; none means work.
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

    async fn notify(&self, message: String) {
        // The message holds UUIDs and spaces alone. Should it be lost, whoever waits also looks for itself now and then.
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
        match signal {
            Signal::Work | Signal::Missed => self.notify(self.name.to_string()).await,
            Signal::Changed(ids) => {
                for some in ids.chunks(IDS_PER_MESSAGE) {
                    let words = some.iter().map(|id| format!(" {}", id.0.simple()));
                    self.notify(words.fold(self.name.to_string(), |message, word| message + &word)).await;
                }
            }
        }
    }
}

/// What a message says to the process called `name`: nothing, where it sent the message itself.
pub(crate) fn read(message: &str, name: Uuid) -> Option<Signal> {
    let mut words = message.split(' ');
    let sender: Uuid = words.next()?.parse().ok()?;
    if sender == name {
        return None;
    }
    let ids: Vec<_> = words.filter_map(|word| word.parse().ok()).collect();
    Some(if ids.is_empty() { Signal::Work } else { Signal::Changed(ids) })
}

#[cfg(test)]
mod tests {
    use offers_domain::ids::TransactionId;

    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);

    #[test]
    fn messages_of_others_are_signals_and_our_own_are_not() {
        let id = TransactionId(Uuid::from_u128(7));
        assert_eq!(read(&THERE.to_string(), HERE), Some(Signal::Work));
        assert_eq!(read(&format!("{THERE} {id}"), HERE), Some(Signal::Changed(vec![id])));
        assert_eq!(read(&HERE.to_string(), HERE), None);
        assert_eq!(read("nonsense", HERE), None);
    }
}
