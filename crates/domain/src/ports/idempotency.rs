//! Idempotency records inside a unit of work: written in the commit of the effect that they stand for.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::idempotency::{IdempotencyRecord, Scope};

/// Remembers what was answered to whom.
#[async_trait]
pub trait IdempotencyRecords {
    /// The records in these scopes. Scopes without one are missing from the answer.
    async fn find_records(&mut self, scopes: &[Scope]) -> Result<Vec<IdempotencyRecord>, StoreError>;

    /// Adds records.
    ///
    /// # Errors
    /// `Conflict(IdempotencyKey)` when another unit has committed the same key since.
    async fn insert_records(&mut self, records: &[IdempotencyRecord]) -> Result<(), StoreError>;

    /// Forgets up to `at_most` records older than `limit`, the oldest first; says how many.
    async fn purge_records(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
}
