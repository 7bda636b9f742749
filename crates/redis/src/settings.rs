//! What can be set, and the defaults.

use std::time::Duration;

use secrecy::SecretString;
use thiserror::Error;

/// Where Redis is and how long it may take.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://[user:password@]host:port/[db]`, or `rediss://` for TLS.
    pub url: SecretString,
    /// Before every key and channel: keeps several deployments on one server apart.
    pub prefix: String,
    /// How long one call may take, a connect included.
    pub deadline: Duration,
    /// So many failures in a row, and Redis is left alone.
    pub failures_to_open: u32,
    /// How long it is left alone before one call tries it again.
    pub cool_down: Duration,
}

impl RedisSettings {
    /// The defaults: 100 ms a call, five failures, one second.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            prefix: String::new(),
            deadline: Duration::from_millis(100),
            failures_to_open: 5,
            cool_down: Duration::from_secs(1),
        }
    }
}

/// An address that cannot be Redis.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not an address of Redis such as redis://127.0.0.1:6379: {0}")]
pub struct RedisUrlError(pub(crate) String);
