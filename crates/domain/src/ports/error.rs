//! What can go wrong in a store.

use thiserror::Error;

string_enum!(
    /// The unique rules that a write can break.
    Constraint {
        /// One user for a username.
        Username => "username",
        /// One record for an idempotency key in its scope.
        IdempotencyKey => "idempotency_key",
        /// One transaction for an id.
        TransactionId => "transaction_id",
        /// One charge and one refund for a transaction.
        TransferOfTransaction => "transfer_of_transaction",
        /// One partner for a name.
        PartnerName => "partner_name",
        /// One order for a public reference.
        Reference => "reference",
        /// One order for a partner's own reference.
        PartnerReference => "partner_reference",
        /// No balance below what its account allows.
        Balance => "balance",
    }
);

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Another unit was in the way: a lock time-out, a deadlock, a busy writer. Nothing was written; the same unit may
    /// be tried again.
    #[error("the store is contended: {0}")]
    Contention(String),
    /// A write broke a unique rule. Nothing was written.
    #[error("{0} is already taken")]
    Conflict(Constraint),
    /// The store answers, but more is asked of it at once than this process has room for. Nothing was written.
    #[error("the store is asked too much at once: {0}")]
    Overloaded(String),
    /// The store cannot be reached or cannot write. Nothing was written.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The connection was lost while committing: written or not, nobody can tell. Ask before trying again.
    #[error("the outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// A row that the domain cannot have written.
    #[error("row {row} of {table} is corrupt in {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// The program asked for something the store does not do: a mistake in the code.
    #[error("the store was misused: {0}")]
    Misuse(String),
}
