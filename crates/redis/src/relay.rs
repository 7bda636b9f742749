//! Signals between processes, through PUBLISH.

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use offers_domain::ports::{Signal, SignalRelay};
use uuid::Uuid;

use crate::connection::RedisConnection;

/// Sends signals, each with the name of the process that sent it.
pub struct RedisRelay {
    connection: RedisConnection,
    name: Uuid,
}

impl RedisRelay {
    /// The relay of the process called `name`, which its listener must know too.
    pub fn new(connection: RedisConnection, name: Uuid) -> Self {
        Self { connection, name }
    }
}

#[async_trait]
impl SignalRelay for RedisRelay {
    async fn send(&self, signal: Signal) {
        let mut publish = cmd("PUBLISH");
        publish.arg(self.connection.keys().signals()).arg(signal.message(self.name));
        // Whoever waits also looks for itself now and then.
        let _: Result<(), _> = self.connection.query(&publish).await;
    }
}
