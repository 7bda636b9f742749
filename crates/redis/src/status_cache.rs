//! Where orders stand, shared by all processes.

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::StatusCache;
use offers_domain::views::StatusView;
use time::{Duration, OffsetDateTime};

use crate::connection::RedisConnection;
use crate::fields::Fields;
use crate::hashes::{self, Entry};
use crate::status_hash;

/// A final status never changes; the limit only makes room.
const FINAL_STAYS: Duration = Duration::hours(24);

/// Statuses in Redis.
pub struct RedisStatusCache {
    connection: RedisConnection,
    fresh_for: Duration,
}

impl RedisStatusCache {
    /// A status that is not final is good for `fresh_for` after it was known.
    pub fn new(connection: RedisConnection, fresh_for: Duration) -> Self {
        Self { connection, fresh_for }
    }

    fn entry(&self, status: &StatusView, known_at: OffsetDateTime) -> Option<Entry> {
        let stays = if status.status.is_final() { FINAL_STAYS } else { self.fresh_for };
        Some(Entry {
            key: self.connection.keys().transaction(status.transaction),
            version: status.version,
            expires_at: known_at.saturating_add(stays),
            fields: status_hash::to_fields(status)?,
        })
    }
}

#[async_trait]
impl StatusCache for RedisStatusCache {
    async fn get(&self, id: TransactionId) -> Option<StatusView> {
        let key = self.connection.keys().transaction(id);
        let parse = |fields: &Fields| status_hash::from_fields(id, fields);
        hashes::read(&self.connection, &key, status_hash::NAMES, parse).await
    }

    async fn put(&self, statuses: &[StatusView], known_at: OffsetDateTime) {
        let entries: Vec<Entry> = statuses.iter().filter_map(|status| self.entry(status, known_at)).collect();
        // A cache may lose what it is given.
        let _ = hashes::write(&self.connection, &entries).await;
    }
}
