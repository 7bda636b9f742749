//! Where the database is, and how long anything may take.

use std::fmt;
use std::time::Duration;

/// How to reach and treat a database.
#[derive(Clone, PartialEq, Eq)]
pub struct PgSettings {
    /// The address, `postgres://user:password@host:port/database`. With `sslmode=require` or `sslmode=verify-full` the
    /// connection is encrypted and the server's certificate checked against the system's roots.
    pub url: String,
    /// What the server shows as the connections' owner.
    pub application_name: String,
    /// Connections for units of work.
    pub pool_size: usize,
    /// Connections for queries, which units of work never take.
    pub reader_pool_size: usize,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock. Shorter than a statement may take, or the server would call every such
    /// wait a slow statement, which is not tried again; and short enough for all tries within one request.
    pub lock_timeout: Duration,
    /// How long a unit may lie idle before the server ends it.
    pub idle_in_transaction_session_timeout: Duration,
    /// Whether to work on a server that may lose commits in a crash.
    pub allow_unsafe_durability: bool,
}

impl PgSettings {
    /// The usual settings for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            application_name: "offers".into(),
            pool_size: 8,
            reader_pool_size: 8,
            acquire_timeout: Duration::from_millis(500),
            statement_timeout: Duration::from_secs(2),
            lock_timeout: Duration::from_secs(1),
            idle_in_transaction_session_timeout: Duration::from_secs(5),
            allow_unsafe_durability: false,
        }
    }
}

/// Without the address, which may hold a password.
impl fmt::Debug for PgSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgSettings")
            .field("pool_size", &self.pool_size)
            .field("reader_pool_size", &self.reader_pool_size)
            .finish_non_exhaustive()
    }
}
