//! Transactions inside a unit of work: orders, and the work list.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::ids::TransactionId;
use crate::settlement::Attempt;
use crate::transaction::Transaction;

/// Writes orders and hands out work. Every transition leaves one row in the order's history, in the same unit.
#[async_trait]
pub trait Transactions {
    /// Adds new orders.
    ///
    /// # Errors
    /// `Conflict(TransactionId)` when one of the ids exists.
    async fn insert_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError>;

    /// Locks these orders by ascending id. Unknown ids are missing from the answer.
    async fn lock_transactions(
        &mut self,
        ids: &[TransactionId],
    ) -> Result<Vec<Locked<Transaction>>, StoreError>;

    /// Locks up to `limit` orders that are due or whose lease is over at `now`, the longest waiting first. Orders that
    /// another unit has locked are skipped, not waited for. So are orders that cannot be read, which are told about:
    /// one corrupt row does not stop the work.
    async fn lock_due_transactions(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Transaction>>, StoreError>;

    /// Saves orders that this unit has locked and moved on by exactly one transition.
    ///
    /// # Errors
    /// `Contention` when a row is not at the version before: the lock was not held.
    async fn update_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError>;

    /// Keeps calls to the activation partner for audit.
    async fn record_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError>;
}
