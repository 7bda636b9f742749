//! Connections and servers that die.

use std::process::Command;
use std::time::Duration;

use offers_domain::ports::{IdentityQueries, StatusQueries, Store, StoreError};
use offers_postgres::{PgSettings, PgStore, migrate};
use offers_testkit::builders::new_user;
use offers_testkit::servers::{Database, Postgres};

use crate::open;

async fn kill_all_backends(database: &Database) {
    let kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.execute(kill).await.unwrap();
}

#[tokio::test]
async fn connections_that_were_killed_in_the_pool_are_replaced() {
    let (database, store) = open(4).await;
    for _ in 0..3 {
        let units =
            [store.begin().await.unwrap(), store.begin().await.unwrap(), store.begin().await.unwrap()];
        for unit in units {
            unit.commit().await.unwrap();
        }
        store.ping().await.unwrap();
        kill_all_backends(&database).await;
        let units =
            [store.begin().await.unwrap(), store.begin().await.unwrap(), store.begin().await.unwrap()];
        for unit in units {
            unit.commit().await.unwrap();
        }
        // A read may meet the connection in the moment of its end; the next one does not.
        let read = store.ping().await;
        assert!(matches!(read, Ok(()) | Err(StoreError::Unavailable(_))), "{read:?}");
        assert_eq!(store.ping().await, Ok(()));
    }
}

#[tokio::test]
async fn a_unit_whose_connection_is_killed_has_written_nothing() {
    let (database, store) = open(1).await;
    let mut unit = store.begin().await.unwrap();
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    kill_all_backends(&database).await;
    let outcome = unit.insert_users(&[new_user("bert")]).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    unit.rollback().await.unwrap();
    let mut unit = store.begin().await.unwrap();
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_connection_is_killed_has_an_unknown_outcome() {
    let (database, store) = open(1).await;
    let mut unit = store.begin().await.unwrap();
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    kill_all_backends(&database).await;
    let outcome = unit.commit().await;
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    store.begin().await.unwrap().commit().await.unwrap();
    // Here it was not written; the caller finds out by asking.
    let _ = store.ping().await;
    assert_eq!(store.credentials("anna").await, Ok(None));
}

/// A server that this test alone uses, and a store on it.
async fn own_server(settings: impl FnOnce(PgSettings) -> PgSettings) -> (Postgres, PgStore) {
    let server = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let settings = settings(PgSettings::new(format!("{}/postgres", server.url())));
    migrate(&settings).await.unwrap();
    let store = PgStore::connect(&settings).await.unwrap();
    (server, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_is_unavailable_until_it_is_back() {
    let (mut server, store) = own_server(|settings| settings).await;
    let mut committed = store.begin().await.unwrap();
    committed.insert_users(&[new_user("anna")]).await.unwrap();
    committed.commit().await.unwrap();
    let mut interrupted = store.begin().await.unwrap();
    interrupted.insert_users(&[new_user("bert")]).await.unwrap();

    server.kill();
    let unavailable = |outcome: Option<StoreError>| {
        assert!(matches!(outcome, Some(StoreError::Unavailable(_))), "{outcome:?}");
    };
    unavailable(store.begin().await.err());
    unavailable(store.ping().await.err());

    let server = tokio::task::spawn_blocking(move || {
        server.resume();
        server
    });
    let server = server.await.unwrap();
    let outcome = interrupted.commit().await;
    assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{outcome:?}");
    store.begin().await.unwrap().commit().await.unwrap();
    store.ping().await.unwrap();
    assert!(store.credentials("anna").await.unwrap().is_some());
    assert_eq!(store.credentials("bert").await, Ok(None));
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([name, process]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_freezes_is_given_up() {
    let short = |settings| PgSettings { statement_timeout: Duration::from_millis(100), ..settings };
    let (server, store) = own_server(short).await;
    let mut unit = store.begin().await.unwrap();
    let backends = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", server.pid())).unwrap();
    let client = |pid: &&str| {
        let title = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        title.contains("idle in transaction")
    };
    let frozen = backends.split_whitespace().find(client).unwrap().to_owned();
    signal("-STOP", &frozen);
    let outcome = unit.insert_users(&[new_user("anna")]).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    drop(unit);
    store.begin().await.unwrap().commit().await.unwrap();
    signal("-CONT", &frozen);
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}
