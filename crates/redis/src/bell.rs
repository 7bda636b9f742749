//! A bell that is heard in every process.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{Follow, WakeUp};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::connection::RedisConnection;
use crate::followed::Followed;
use crate::listener::Listener;

/// Rings here at once, also without Redis, and through Redis in every other process.
pub struct RedisBell {
    connection: RedisConnection,
    here: Arc<Here>,
}

impl RedisBell {
    /// A bell, and what must be running for it to hear other processes.
    pub fn new(connection: RedisConnection) -> (Self, Listener) {
        let here = Arc::new(Here { name: new_name(), work: Notify::new(), followed: Arc::default() });
        let listener = Listener::new(connection.clone(), Arc::clone(&here));
        (Self { connection, here }, listener)
    }

    /// How many orders are being followed in this process.
    pub fn followed(&self) -> usize {
        self.here.followed.len()
    }

    async fn publish(&self, channel: &str, message: &str) {
        let mut publish = cmd("PUBLISH");
        publish.arg(channel).arg(message);
        // Whoever waits also looks for itself now and then.
        let _: Result<(), _> = self.connection.query(&publish).await;
    }
}

#[async_trait]
impl WakeUp for RedisBell {
    async fn ring(&self) {
        self.here.work.notify_one();
        self.publish(&self.connection.keys().work(), &self.here.name.to_string()).await;
    }

    async fn wait_for_work(&self) {
        self.here.work.notified().await;
    }

    async fn announce(&self, ids: &[TransactionId]) {
        if ids.is_empty() {
            return;
        }
        self.here.followed.announce(ids.iter().copied());
        let words = ids.iter().map(|id| format!(" {id}"));
        let message = words.fold(self.here.name.to_string(), |message, word| message + &word);
        self.publish(&self.connection.keys().news(), &message).await;
    }

    fn follow(&self, id: TransactionId) -> Box<dyn Follow> {
        Box::new(self.here.followed.follow(id))
    }
}

/// This process's end of the bell. A message is the name of the process that sent it, then the orders that it is about.
pub(crate) struct Here {
    name: Uuid,
    work: Notify,
    followed: Arc<Followed>,
}

impl Here {
    /// Somebody rang; what this process rang itself was heard here already.
    pub(crate) fn hear_work(&self, message: &[u8]) {
        if self.sent_elsewhere(message).is_some() {
            self.work.notify_one();
        }
    }

    /// Orders have a new status.
    pub(crate) fn hear_news(&self, message: &[u8]) {
        let Some(words) = self.sent_elsewhere(message) else { return };
        self.followed.announce(words.split(' ').filter_map(|word| word.parse().ok()));
    }

    /// Something may have been missed: everybody looks.
    pub(crate) fn hear_everything(&self) {
        self.work.notify_one();
        self.followed.announce_all();
    }

    fn sent_elsewhere<'a>(&self, message: &'a [u8]) -> Option<&'a str> {
        let message = std::str::from_utf8(message).ok()?;
        let (sender, words) = message.split_once(' ').unwrap_or((message, ""));
        let sender: Uuid = sender.parse().ok()?;
        (sender != self.name).then_some(words)
    }
}

#[expect(clippy::disallowed_methods, reason = "tells processes apart, and nothing else")]
fn new_name() -> Uuid {
    Uuid::new_v4()
}
