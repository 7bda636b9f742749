//! Opening and migrating.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use offers_domain::ports::{StatusQueries, Store};
use offers_sqlite::{MigrationReport, OpenError, SqliteStore, migrate};
use offers_testkit::builders::{NOON, new_user};
use offers_testkit::clock::FakeClock;

use crate::Database;

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, Arc::new(FakeClock::at(NOON)))
}

fn refusal(path: &Path) -> OpenError {
    open(path).map(|_| ()).unwrap_err()
}

#[test]
fn the_first_migration_makes_the_folder_and_the_file_and_the_second_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/deep/offers.db");
    let first = migrate(&path).unwrap();
    assert!(first.created);
    assert_eq!(first.applied[0], "0001_users_and_accounts");
    assert_eq!(migrate(&path), Ok(MigrationReport { created: false, applied: Vec::new() }));
    assert!(open(&path).is_ok());
}

#[tokio::test]
async fn only_the_owner_can_read_the_file_and_what_lies_beside_it() {
    let database = Database::fresh();
    let store = database.open();
    let mut unit = store.begin().await.unwrap();
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    unit.commit().await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let file = format!("{}{suffix}", database.path.display());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_missing_file_is_not_made_by_opening_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offers.db");
    assert_eq!(refusal(&path), OpenError::Missing(path.clone()));
    assert!(!path.exists());
}

#[test]
fn an_older_schema_is_refused_with_what_it_lacks() {
    let database = Database::fresh();
    let sql = "DELETE FROM __diesel_schema_migrations WHERE version = '0007'";
    database.raw().batch_execute(sql).unwrap();
    let refused = refusal(&database.path);
    assert!(matches!(&refused, OpenError::OlderSchema { pending, .. } if pending == &["0007_sessions"]));
    assert!(refused.to_string().ends_with("lacks migrations (0007_sessions): run the migrations first"));
}

#[test]
fn a_newer_schema_is_refused_by_opening_and_migrating() {
    let database = Database::fresh();
    let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    database.raw().batch_execute(sql).unwrap();
    let expected = OpenError::NewerSchema { path: database.path.clone(), unknown: vec!["9999".into()] };
    assert_eq!(refusal(&database.path), expected);
    assert_eq!(migrate(&database.path), Err(expected));
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offers.db");
    let letter = "Dear reader, this is a letter. ".repeat(100);
    fs::write(&path, &letter).unwrap();
    assert_eq!(refusal(&path), OpenError::NotADatabase(path.clone()));
    assert_eq!(migrate(&path), Err(OpenError::NotADatabase(path.clone())));
    assert_eq!(fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = migrate(&file.join("offers.db"));
    assert!(matches!(&refused, Err(OpenError::Folder { folder, .. }) if *folder == file), "{refused:?}");
}

#[test]
fn a_file_that_another_program_keeps_to_itself_is_locked() {
    let database = Database::fresh();
    let mut other = database.raw();
    other.batch_execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;").unwrap();
    assert_eq!(refusal(&database.path), OpenError::Locked(database.path.clone()));
}

#[tokio::test]
async fn a_file_is_opened_and_read_while_another_program_writes() {
    let database = Database::fresh();
    let mut other = database.raw();
    other.batch_execute("BEGIN IMMEDIATE; UPDATE accounts SET updated_at = 1;").unwrap();
    let store = database.open();
    assert_eq!(store.ping().await, Ok(()));
    other.batch_execute("ROLLBACK").unwrap();
}

/// The last connection to close tidies the log away under a lock for itself, for which SQLite waits in no queue.
#[test]
fn a_file_is_opened_while_others_open_write_and_close_it() {
    let database = Database::fresh();
    let visit = || {
        for visit in 0..60 {
            drop(migrate(&database.path).unwrap());
            let store = open(&database.path).unwrap_or_else(|error| panic!("visit {visit}: {error}"));
            let write = "PRAGMA busy_timeout = 2000; UPDATE accounts SET updated_at = 1";
            database.raw().batch_execute(write).unwrap();
            drop(store);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(visit);
        }
    });
}

#[test]
fn what_was_committed_is_there_after_a_process_died() {
    let database = Database::fresh();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let store = database.open();
    runtime.block_on(async {
        let mut unit = store.begin().await.unwrap();
        unit.insert_users(&[new_user("anna")]).await.unwrap();
        unit.commit().await.unwrap();
        let mut unit = store.begin().await.unwrap();
        unit.insert_users(&[new_user("bert")]).await.unwrap();
        // What a process that dies here leaves on the disk: the file and its log.
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("offers.db");
        fs::copy(&database.path, &copy).unwrap();
        fs::copy(format!("{}-wal", database.path.display()), format!("{}-wal", copy.display())).unwrap();
        let mut survivor = SqliteConnection::establish(copy.to_str().unwrap()).unwrap();
        let names = diesel::dsl::sql::<diesel::sql_types::Text>("SELECT username FROM users");
        assert_eq!(names.load::<String>(&mut survivor).unwrap(), ["anna"]);
        let check = diesel::dsl::sql::<diesel::sql_types::Text>("PRAGMA integrity_check");
        assert_eq!(check.get_result::<String>(&mut survivor).unwrap(), "ok");
    });
}
