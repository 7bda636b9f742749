//! Transactions inside a unit of work: orders, and the work list.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::activation_partner::Places;
use crate::ids::TransactionId;
use crate::settlement::Attempt;
use crate::transaction::{Order, Transaction};

/// The head of the work list.
#[derive(Debug, Default)]
pub struct DueTransactions {
    /// Locked, the longest waiting first.
    pub readable: Vec<Locked<Transaction>>,
    /// Orders among them that cannot be read: one corrupt row does not stop the work on the others.
    pub unreadable: Vec<UnreadableTransaction>,
}

/// An order whose row the domain cannot have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableTransaction {
    /// Its id.
    pub id: TransactionId,
    /// What is wrong with it.
    pub reason: String,
}

/// Writes orders and hands out work. Every transition leaves one row in the order's history, in the same unit.
#[async_trait]
pub trait Transactions {
    /// Adds new orders.
    ///
    /// # Errors
    /// `Conflict(TransactionId)` when one of the ids exists.
    async fn insert_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError>;

    /// What was ordered, by id, without a lock: it never changes. Unknown ids are missing from the answer.
    async fn find_orders(&mut self, ids: &[TransactionId])
    -> Result<Vec<(TransactionId, Order)>, StoreError>;

    /// Locks these orders by ascending id. Unknown ids are missing from the answer.
    async fn lock_transactions(
        &mut self,
        ids: &[TransactionId],
    ) -> Result<Vec<Locked<Transaction>>, StoreError>;

    /// Locks, for each of these activation partners that is not paused, as many orders as it has free places: those that
    /// are due or whose lease is over at `now`, and not before `since`, the longest waiting first. Orders that another unit has locked are
    /// skipped, not waited for. Orders that cannot be read take no place.
    async fn lock_due_transactions(
        &mut self,
        places: &[Places],
        now: OffsetDateTime,
    ) -> Result<DueTransactions, StoreError>;

    /// Saves orders that this unit has locked and moved on by exactly one transition.
    ///
    /// # Errors
    /// `Contention` when a row is not at the version before: the lock was not held.
    async fn update_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError>;

    /// Keeps calls to the activation partner for audit.
    async fn record_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError>;
}
