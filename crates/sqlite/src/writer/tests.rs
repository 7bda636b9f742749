use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use diesel::prelude::*;
use offers_domain::ports::Constraint;
use tempfile::TempDir;

use super::*;
use crate::error::OpenError;
use crate::schema::users;

/// A migrated database with its writer.
struct Bench {
    _folder: TempDir,
    path: PathBuf,
    writer: Writer,
}

fn bench(limits: Limits) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offers.db");
    crate::migrate(&path).unwrap();
    let connection = connection::writer(&path).unwrap();
    let writer = Writer::start(connection, path.clone(), limits).unwrap();
    Bench { _folder: folder, path, writer }
}

fn patient() -> Limits {
    Limits { turn: Duration::from_secs(30), idle: Duration::from_secs(30) }
}

fn insert(connection: &mut SqliteConnection, name: &str) -> Result<usize, SqliteError> {
    let values = (
        users::username.eq(name),
        users::email.eq("x@example.com"),
        users::password_hash.eq(""),
        users::role.eq("customer"),
        users::locale.eq("en"),
        users::joined_at.eq(0),
        users::updated_at.eq(0),
    );
    Ok(diesel::insert_into(users::table).values(values).execute(connection)?)
}

fn count(connection: &mut SqliteConnection) -> Result<i64, SqliteError> {
    Ok(users::table.count().get_result(connection)?)
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

async fn committed(bench: &Bench) -> i64 {
    let mut session = bench.writer.begin().await.unwrap();
    let users = session.run(count).await.unwrap();
    session.rollback().await;
    users
}

#[tokio::test]
async fn a_job_that_panics_fails_its_unit_and_the_writer_goes_on() {
    let bench = bench(patient());
    let mut session = bench.writer.begin().await.unwrap();
    session.run(|connection| insert(connection, "anna")).await.unwrap();
    let outcome: Result<(), _> = session.run(|_| panic!("a mistake in a job")).await;
    assert!(matches!(outcome, Err(StoreError::Misuse(_))), "{outcome:?}");
    assert!(matches!(session.commit().await, Err(StoreError::Misuse(_))));
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn a_dropped_unit_frees_the_writer() {
    let bench = bench(patient());
    let mut session = bench.writer.begin().await.unwrap();
    session.run(|connection| insert(connection, "anna")).await.unwrap();
    drop(session);
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn a_unit_whose_call_was_abandoned_commits_nothing() {
    let bench = bench(patient());
    let mut session = bench.writer.begin().await.unwrap();
    let (release, released) = channel();
    {
        let mut call = pin!(session.run(move |connection| {
            released.recv().unwrap();
            insert(connection, "anna")
        }));
        assert!(poll_once(call.as_mut()).is_pending());
    }
    release.send(()).unwrap();
    assert!(matches!(session.commit().await, Err(StoreError::Misuse(_))));
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn units_take_turns_in_the_order_of_their_begin() {
    let bench = bench(patient());
    let mut first = bench.writer.begin().await.unwrap();
    let second = async {
        let mut session = bench.writer.begin().await.unwrap();
        let seen = session.run(count).await.unwrap();
        session.rollback().await;
        seen
    };
    let first = async {
        first.run(|connection| insert(connection, "anna")).await.unwrap();
        first.commit().await.unwrap();
    };
    assert_eq!(tokio::join!(second, first).0, 1);
}

#[tokio::test]
async fn waiting_for_a_turn_has_an_end() {
    let bench = bench(Limits { turn: Duration::from_millis(500), ..patient() });
    let session = bench.writer.begin().await.unwrap();
    let outcome = bench.writer.begin().await.map(drop);
    assert!(matches!(outcome, Err(StoreError::Contention(_))), "{outcome:?}");
    session.rollback().await;
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn a_unit_that_falls_silent_is_rolled_back() {
    let bench = bench(Limits { idle: Duration::from_millis(500), ..patient() });
    let mut silent = bench.writer.begin().await.unwrap();
    silent.run(|connection| insert(connection, "anna")).await.unwrap();
    drop(bench.writer.begin().await.unwrap());
    let outcome = silent.run(|connection| insert(connection, "bert")).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(silent.commit().await.is_err());
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn the_queue_has_an_end() {
    let bench = bench(patient());
    let session = bench.writer.begin().await.unwrap();
    let mut waiting: Vec<_> = (0..QUEUE).map(|_| Box::pin(bench.writer.begin())).collect();
    for begin in &mut waiting {
        assert!(poll_once(begin.as_mut()).is_pending());
    }
    let outcome = bench.writer.begin().await.map(drop);
    assert!(matches!(outcome, Err(StoreError::Overloaded(_))), "{outcome:?}");
    // The last one's turn comes when the queue is empty.
    let last = waiting.pop().unwrap();
    drop(waiting);
    session.rollback().await;
    last.await.unwrap().rollback().await;
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn a_file_that_another_process_writes_is_contended() {
    let bench = bench(patient());
    let mut session = bench.writer.begin().await.unwrap();
    session.run(|connection| Ok(connection.batch_execute("PRAGMA busy_timeout = 10")?)).await.unwrap();
    session.rollback().await;
    let mut other = connection::writer(&bench.path).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let outcome = bench.writer.begin().await.map(drop);
    assert!(matches!(outcome, Err(StoreError::Contention(_))), "{outcome:?}");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(committed(&bench).await, 0);
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_heals() {
    let bench = bench(patient());
    let limit = |pages: &'static str| {
        move |connection: &mut SqliteConnection| {
            Ok(connection.batch_execute(&format!("PRAGMA max_page_count = {pages}"))?)
        }
    };
    let mut session = bench.writer.begin().await.unwrap();
    session.run(limit("1")).await.unwrap();
    let outcome = session
        .run(|connection| {
            for number in 0..10_000 {
                insert(connection, &format!("user{number}"))?;
            }
            Ok(())
        })
        .await;
    assert_eq!(outcome, Err(StoreError::Unavailable("database or disk is full".into())));
    session.rollback().await;
    let mut session = bench.writer.begin().await.unwrap();
    session.run(limit("1000000")).await.unwrap();
    session.run(|connection| insert(connection, "anna")).await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(committed(&bench).await, 1);
}

#[tokio::test]
async fn a_broken_rule_is_named() {
    let bench = bench(patient());
    let mut session = bench.writer.begin().await.unwrap();
    session.run(|connection| insert(connection, "anna")).await.unwrap();
    let outcome = session.run(|connection| insert(connection, "anna")).await;
    assert_eq!(outcome, Err(StoreError::Conflict(Constraint::Username)));
}

#[test]
fn a_lost_connection_is_opened_again() {
    let bench = bench(patient());
    let idle = Duration::from_secs(1);
    let mut desk = Desk { path: bench.path.clone(), connection: None, idle };
    assert_eq!(desk.execute("BEGIN IMMEDIATE"), Ok(()));
    desk.roll_back();
    let mut nowhere = Desk { path: bench.path.join("nowhere"), connection: None, idle };
    let outcome = nowhere.execute("BEGIN IMMEDIATE");
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    assert!(matches!(connection::writer(&nowhere.path), Err(OpenError::Other { .. })));
}
