//! What SQLite says, in the words of the ports.

use std::path::PathBuf;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use offers_domain::ports::{Constraint, StoreError};
use thiserror::Error;

/// Why a database cannot be opened or migrated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The folder cannot be made or written.
    #[error("the folder {} cannot be written: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// There is no file.
    #[error("there is no database at {}: run the migrations first", .0.display())]
    Missing(PathBuf),
    /// The file is something else.
    #[error("{} is not a database", .0.display())]
    NotADatabase(PathBuf),
    /// Another program keeps the file locked.
    #[error("the database {} is locked by another program", .0.display())]
    Locked(PathBuf),
    /// The schema is older than this program.
    #[error("the database {} lacks migrations ({}): run the migrations first", path.display(), pending.join(", "))]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// The migrations to run.
        pending: Vec<String>,
    },
    /// The schema is newer than this program.
    #[error(
        "the database {} has migrations that this program does not know ({}): use a newer program",
        path.display(), unknown.join(", ")
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The versions of the unknown migrations.
        unknown: Vec<String>,
    },
    /// The program is linked with an SQLite that can corrupt a write-ahead log.
    #[error("SQLite {found} is too old: 3.51.3 or newer is needed")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// Anything else.
    #[error("the database {} cannot be opened: {reason}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        reason: String,
    },
}

impl OpenError {
    /// What `reason`, said by SQLite about the file at `path`, means.
    pub(crate) fn from_sqlite(path: &std::path::Path, reason: &dyn std::fmt::Display) -> Self {
        let (path, reason) = (path.to_path_buf(), reason.to_string());
        match Trouble::of(&reason) {
            Some(Trouble::Busy) => Self::Locked(path),
            _ if reason.contains("file is not a database") => Self::NotADatabase(path),
            _ => Self::Other { path, reason },
        }
    }
}

/// Why a job of this crate failed: SQLite refused, or a row was bad.
#[derive(Debug)]
pub(crate) enum SqliteError {
    Database(DieselError),
    Store(StoreError),
}

impl From<DieselError> for SqliteError {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for SqliteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Store(error) => error,
            SqliteError::Database(DieselError::DatabaseError(kind, info)) => {
                from_database(kind, info.message())
            }
            SqliteError::Database(error) => Self::Misuse(error.to_string()),
        }
    }
}

fn from_database(kind: DatabaseErrorKind, message: &str) -> StoreError {
    match (kind, constraint(message), Trouble::of(message)) {
        (DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::CheckViolation, Some(broken), _) => {
            StoreError::Conflict(broken)
        }
        (DatabaseErrorKind::Unknown, _, Some(Trouble::Busy)) => StoreError::Contention(message.to_owned()),
        (DatabaseErrorKind::Unknown, _, Some(Trouble::Machine)) => {
            StoreError::Unavailable(message.to_owned())
        }
        _ => StoreError::Misuse(message.to_owned()),
    }
}

/// SQLite names a broken unique index by its columns and a broken check by its name.
fn constraint(message: &str) -> Option<Constraint> {
    let (_, name) = message.split_once(" constraint failed: ")?;
    match name {
        "users.username" => Some(Constraint::Username),
        "idempotency_records.principal, idempotency_records.route, idempotency_records.key" => {
            Some(Constraint::IdempotencyKey)
        }
        "transactions.id" => Some(Constraint::TransactionId),
        "transfers.transaction_id, transfers.kind" => Some(Constraint::TransferOfTransaction),
        "partners.name" => Some(Constraint::PartnerName),
        "partner_orders.reference" => Some(Constraint::Reference),
        "partner_orders.partner_id, partner_orders.partner_reference" => Some(Constraint::PartnerReference),
        "accounts_balance" => Some(Constraint::Balance),
        _ => None,
    }
}

/// A failure that is nobody's mistake. Diesel passes on SQLite's text without its code.
#[derive(Clone, Copy)]
enum Trouble {
    /// Somebody else holds the lock.
    Busy,
    /// The disk, the file or the memory.
    Machine,
}

impl Trouble {
    fn of(message: &str) -> Option<Self> {
        const BUSY: [&str; 3] = ["database is locked", "database table is locked", "locking protocol"];
        const MACHINE: [&str; 8] = [
            "database or disk is full",
            "disk I/O error",
            "attempt to write a readonly database",
            "unable to open database file",
            "database disk image is malformed",
            "file is not a database",
            "out of memory",
            "interrupted",
        ];
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        if says(&BUSY) { Some(Self::Busy) } else { says(&MACHINE).then_some(Self::Machine) }
    }
}
