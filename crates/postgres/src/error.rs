//! What PostgreSQL says, in the words of the ports.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use offers_domain::ports::{Constraint, StoreError};
use thiserror::Error;

/// Why a database cannot be opened or migrated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The address is not one of a PostgreSQL database.
    #[error("the database's address cannot be used: {0}")]
    Address(String),
    /// Nobody answers there, or lets us in.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The schema is older than this program.
    #[error("the database lacks migrations ({}): run the migrations first", .0.join(", "))]
    OlderSchema(Vec<String>),
    /// The schema is newer than this program.
    #[error("the database has migrations that this program does not know ({}): use a newer program", .0.join(", "))]
    NewerSchema(Vec<String>),
    /// The server may forget what it has committed.
    #[error("the server may lose commits in a crash ({}): set these to on", .0.join(", "))]
    UnsafeServer(Vec<String>),
    /// The server's errors are in a language that this program does not read.
    #[error(
        "the server's messages are in {0}: run ALTER ROLE … SET lc_messages = 'C' for this program's role"
    )]
    ForeignMessages(String),
    /// A pooler stands between and does not keep our statements apart from others'.
    #[error(
        "the pooler before the database lends connections for a transaction and does not follow prepared statements ({0}): set max_prepared_statements (PgBouncer 1.21 or newer), or lend for a session"
    )]
    Pooler(String),
    /// A migration failed; nothing of it was kept.
    #[error("a migration failed: {0}")]
    Migration(String),
}

/// The failure of a question to a database that is being opened.
pub(crate) fn open_error(error: &StoreError) -> OpenError {
    match error {
        StoreError::Misuse(message) if message.starts_with("prepared statement") => {
            OpenError::Pooler(message.clone())
        }
        other => OpenError::Unreachable(other.to_string()),
    }
}

/// The failure of one statement. The unit that it was part of is over.
pub(crate) fn store_error(error: &DieselError) -> StoreError {
    let DieselError::DatabaseError(kind, info) = error else { return StoreError::Misuse(error.to_string()) };
    let message = info.message().to_owned();
    match kind {
        DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::CheckViolation => info
            .constraint_name()
            .and_then(constraint)
            .map_or(StoreError::Misuse(message), StoreError::Conflict),
        DatabaseErrorKind::SerializationFailure => StoreError::Contention(message),
        DatabaseErrorKind::UnableToSendCommand
        | DatabaseErrorKind::ClosedConnection
        | DatabaseErrorKind::ReadOnlyTransaction => StoreError::Unavailable(message),
        _ => match Trouble::of(&message) {
            Some(Trouble::Contended) => StoreError::Contention(message),
            Some(Trouble::Down | Trouble::Overloaded) => StoreError::Unavailable(message),
            None => StoreError::Misuse(message),
        },
    }
}

/// The failure of a COMMIT: definite where the server has said so, unknown where the connection broke.
pub(crate) fn commit_error(error: &DieselError) -> StoreError {
    if is_lost(error) { StoreError::OutcomeUnknown(error.to_string()) } else { store_error(error) }
}

/// Whether the connection is of no use any more.
pub(crate) fn is_lost(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
            _,
        ) => true,
        DieselError::DatabaseError(_, info) => matches!(Trouble::of(info.message()), Some(Trouble::Down)),
        _ => false,
    }
}

/// An answer that did not come in time. The connection may be frozen, so it counts as lost.
pub(crate) fn no_answer() -> DieselError {
    let message = "the server did not answer in time".to_owned();
    DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(message))
}

fn constraint(name: &str) -> Option<Constraint> {
    match name {
        "users_username_key" => Some(Constraint::Username),
        "idempotency_records_pkey" => Some(Constraint::IdempotencyKey),
        "transactions_pkey" => Some(Constraint::TransactionId),
        "transfers_of_transaction" => Some(Constraint::TransferOfTransaction),
        "partners_name_key" => Some(Constraint::PartnerName),
        "partner_orders_reference_key" => Some(Constraint::Reference),
        "partner_orders_partner_reference" => Some(Constraint::PartnerReference),
        "accounts_balance" => Some(Constraint::Balance),
        _ => None,
    }
}

/// A failure that is nobody's mistake. Diesel passes on PostgreSQL's text without its code, which is why a store insists
/// on English messages when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// 40P01, 55P03: somebody else holds the lock.
    Contended,
    /// 25P03, 57P01 to 57P03: the server has closed or will close the connection.
    Down,
    /// 53xxx, 57014, 58xxx: no connections, memory, disk or time left.
    Overloaded,
}

impl Trouble {
    fn of(message: &str) -> Option<Self> {
        const TEXTS: [(&str, Trouble); 16] = [
            ("deadlock detected", Trouble::Contended),
            ("due to lock timeout", Trouble::Contended),
            ("could not obtain lock", Trouble::Contended),
            ("terminating connection", Trouble::Down),
            ("terminating background", Trouble::Down),
            ("the database system is", Trouble::Down),
            ("due to statement timeout", Trouble::Overloaded),
            ("due to user request", Trouble::Overloaded),
            ("too many", Trouble::Overloaded),
            ("remaining connection slots", Trouble::Overloaded),
            ("No space left on device", Trouble::Overloaded),
            ("out of memory", Trouble::Overloaded),
            ("out of shared memory", Trouble::Overloaded),
            ("could not extend file", Trouble::Overloaded),
            ("could not write", Trouble::Overloaded),
            ("could not read", Trouble::Overloaded),
        ];
        TEXTS.iter().find(|(text, _)| message.contains(text)).map(|(_, trouble)| *trouble)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(message: &str) -> DieselError {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned()))
    }

    #[test]
    fn a_lock_is_contention_and_an_outage_is_none() {
        for (message, contended) in [
            ("deadlock detected", true),
            ("canceling statement due to lock timeout", true),
            ("canceling statement due to statement timeout", false),
            ("terminating connection due to administrator command", false),
            ("the database system is starting up", false),
            ("sorry, too many clients already", false),
            ("could not extend file \"base/1/2\": No space left on device", false),
        ] {
            let expected = if contended { StoreError::Contention } else { StoreError::Unavailable };
            assert_eq!(store_error(&said(message)), expected(message.into()), "{message}");
        }
        let mistake = "function lower(bigint) does not exist";
        assert_eq!(store_error(&said(mistake)), StoreError::Misuse(mistake.into()));
    }

    #[test]
    fn a_commit_that_lost_its_connection_is_unknown_and_any_other_failure_is_not() {
        for message in
            ["terminating connection due to administrator command", "the database system is shutting down"]
        {
            assert!(matches!(commit_error(&said(message)), StoreError::OutcomeUnknown(_)), "{message}");
        }
        assert!(matches!(commit_error(&no_answer()), StoreError::OutcomeUnknown(_)));
        let timeout = commit_error(&said("canceling statement due to lock timeout"));
        assert!(matches!(timeout, StoreError::Contention(_)), "{timeout:?}");
    }
}
