//! The bell of one process that shares Redis with others.

use std::sync::Arc;

use offers_local::{LocalBell, RelayedBell};
use offers_redis::{RedisConnection, RedisListener, RedisRelay, RedisSettings};
use uuid::Uuid;

/// A process's bell, and what must run for it to hear others.
pub(crate) struct Process {
    /// The bell.
    pub(crate) bell: Arc<RelayedBell>,
    /// Hears others.
    pub(crate) listener: RedisListener,
}

impl Process {
    /// A process of its own.
    #[expect(clippy::disallowed_methods, reason = "processes have names of their own")]
    pub(crate) fn start(settings: &RedisSettings) -> Self {
        let connection = RedisConnection::open(settings).unwrap();
        let (name, near) = (Uuid::new_v4(), Arc::new(LocalBell::default()));
        let relay = Arc::new(RedisRelay::new(connection.clone(), name));
        let listener = RedisListener::new(connection, name, near.clone());
        Self { bell: Arc::new(RelayedBell::new(near, relay)), listener }
    }
}
