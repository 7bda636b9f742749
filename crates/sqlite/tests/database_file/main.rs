//! What is special about a store in one file: opening it, its schema's own walls, and what is said of a damaged one.

#![cfg(test)]

mod audit;
mod corrupt_rows;
mod data_model;
mod opening;
mod schema;

use std::path::PathBuf;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use offers_sqlite::SqliteStore;
use offers_testkit::builders::NOON;
use offers_testkit::clock::FakeClock;
use tempfile::TempDir;

/// A migrated database.
struct Database {
    _folder: TempDir,
    path: PathBuf,
}

impl Database {
    fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offers.db");
        offers_sqlite::migrate(&path).unwrap();
        Self { _folder: folder, path }
    }

    /// A small shop whose books are sound: see `shop.sql`.
    fn shop() -> Self {
        let database = Self::fresh();
        database.raw().batch_execute(include_str!("shop.sql")).unwrap();
        database
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path, Arc::new(FakeClock::at(NOON))).unwrap()
    }

    /// A connection that nobody watches over.
    fn raw(&self) -> SqliteConnection {
        SqliteConnection::establish(self.path.to_str().unwrap()).unwrap()
    }

    /// Writes what the program never would.
    fn damage(&self, statements: &str) {
        let mut connection = self.raw();
        connection
            .batch_execute(
                "PRAGMA foreign_keys = OFF;
                 PRAGMA ignore_check_constraints = ON;
                 DROP INDEX transfers_of_transaction;
                 DROP TRIGGER transfers_are_kept;
                 DROP TRIGGER transfers_are_never_deleted;
                 DROP TRIGGER transaction_events_are_kept;
                 DROP TRIGGER transaction_events_are_never_deleted;
                 DROP TRIGGER audit_events_are_kept;
                 DROP TRIGGER transactions_stay_final;",
            )
            .unwrap();
        connection.batch_execute(statements).unwrap();
    }
}
