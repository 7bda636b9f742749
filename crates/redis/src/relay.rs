//! Signals between processes, through PUBLISH.

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use offers_domain::ports::{Signal, SignalRelay};
use uuid::Uuid;

use crate::connection::RedisConnection;

/// Sends signals. A message is the name of the process that sent it, then the orders that it is about.
pub struct RedisRelay {
    connection: RedisConnection,
    name: Uuid,
}

impl RedisRelay {
    /// The relay of the process called `name`, which its listener must know too.
    pub fn new(connection: RedisConnection, name: Uuid) -> Self {
        Self { connection, name }
    }

    async fn publish(&self, channel: &str, message: &str) {
        let mut publish = cmd("PUBLISH");
        publish.arg(channel).arg(message);
        // Whoever waits also looks for itself now and then.
        let _: Result<(), _> = self.connection.query(&publish).await;
    }
}

#[async_trait]
impl SignalRelay for RedisRelay {
    async fn send(&self, signal: Signal) {
        let keys = self.connection.keys();
        match signal {
            Signal::Work | Signal::Missed => self.publish(&keys.work(), &self.name.to_string()).await,
            Signal::Changed(ids) => {
                let words = ids.iter().map(|id| format!(" {id}"));
                let message = words.fold(self.name.to_string(), |message, word| message + &word);
                self.publish(&keys.news(), &message).await;
            }
        }
    }
}

/// What a message says to the process called `name`: nothing, where it sent the message itself, or nobody did.
pub(crate) fn sent_elsewhere(message: &[u8], name: Uuid) -> Option<&str> {
    let message = std::str::from_utf8(message).ok()?;
    let (sender, words) = message.split_once(' ').unwrap_or((message, ""));
    let sender: Uuid = sender.parse().ok()?;
    (sender != name).then_some(words)
}
