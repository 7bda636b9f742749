//! The one writer: a thread that owns the only connection that writes.
//!
//! Units of work take turns in the order in which they were begun. A unit's turn is one SQLite transaction: the thread
//! says BEGIN IMMEDIATE, runs the unit's jobs, and ends with COMMIT or ROLLBACK. A unit that is dropped, or that sends
//! nothing for too long, is rolled back, so that it cannot keep the others waiting for ever.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use offers_domain::ports::{Level, StoreError};
use tokio::sync::oneshot;

use crate::connection;
use crate::error::SqliteError;
use crate::queue::Queue;

/// How many units may wait for their turn.
const QUEUE: usize = 256;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Waiting for a turn.
    pub(crate) turn: Duration,
    /// Between two jobs of a unit.
    pub(crate) idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { turn: Duration::from_secs(2), idle: Duration::from_secs(5) }
    }
}

type Job = Box<dyn FnOnce(&mut SqliteConnection) + Send>;
type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Request {
    Run(Job),
    Commit(Answer<()>),
    Rollback(Answer<()>),
}

/// A unit that waits for its turn.
struct Turn {
    begun: Answer<()>,
    requests: Receiver<Request>,
}

/// The way to the writer's thread, which ends when the last of these is gone.
#[derive(Clone)]
pub(crate) struct Writer {
    turns: SyncSender<Turn>,
    limits: Limits,
    waiting: Queue,
    at_work: Queue,
}

impl Writer {
    /// Starts the thread, which opens `path` again should it ever lose `connection`.
    pub(crate) fn start(
        connection: SqliteConnection,
        path: PathBuf,
        limits: Limits,
    ) -> std::io::Result<Self> {
        let (turns, waiting) = sync_channel(QUEUE);
        let at_work = Queue::default();
        let busy = at_work.clone();
        let mut desk = Desk { path, connection: Some(connection), idle: limits.idle };
        thread::Builder::new().name("offers-sqlite-writer".into()).spawn(move || {
            while let Ok(turn) = waiting.recv() {
                let _place = busy.enter();
                desk.serve(turn);
            }
        })?;
        Ok(Self { turns, limits, waiting: Queue::default(), at_work })
    }

    /// Whether a unit has its turn, and how many wait for theirs.
    pub(crate) fn level(&self) -> Level {
        Level::Pool { name: "write", size: 1, in_use: self.at_work.length(), waiting: self.waiting.length() }
    }

    /// Waits for a turn.
    pub(crate) async fn begin(&self) -> Result<Session, StoreError> {
        let _place = self.waiting.enter();
        let (begun, turn) = oneshot::channel();
        let (requests, receiver) = channel();
        self.turns.try_send(Turn { begun, requests: receiver }).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded("too many units of work are waiting".into()),
            TrySendError::Disconnected(_) => StoreError::Unavailable("the writer has stopped".into()),
        })?;
        match tokio::time::timeout(self.limits.turn, turn).await {
            Ok(Ok(outcome)) => outcome.map(|()| Session { requests, sound: true }),
            Ok(Err(_)) => Err(StoreError::Unavailable("the writer has stopped".into())),
            Err(_) => Err(StoreError::Contention("other units of work hold the writer".into())),
        }
    }
}

/// One unit's turn, seen from outside the thread.
pub(crate) struct Session {
    requests: Sender<Request>,
    /// False while a job runs and after one has failed or was abandoned: then nothing may be committed.
    sound: bool,
}

impl Session {
    /// Runs one job on the writer's thread.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !self.sound {
            return Err(failed_before());
        }
        self.sound = false;
        let (answer, outcome) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody listens any more when the caller was cancelled; the unit will then be rolled back.
            let _ = answer.send(guarded(|| job(connection)));
        });
        self.requests.send(Request::Run(job)).map_err(|_| ended())?;
        let value = outcome.await.map_err(|_| ended())??;
        self.sound = true;
        Ok(value)
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        if !self.sound {
            self.rollback().await;
            return Err(failed_before());
        }
        let (answer, outcome) = oneshot::channel();
        self.requests.send(Request::Commit(answer)).map_err(|_| ended())?;
        let lost = |_| StoreError::OutcomeUnknown("the writer stopped while committing".into());
        outcome.await.map_err(lost)?
    }

    /// Waits until everything is undone. Where the turn is over already, it is.
    pub(crate) async fn rollback(self) {
        let (answer, outcome) = oneshot::channel();
        if self.requests.send(Request::Rollback(answer)).is_ok() {
            let _ = outcome.await;
        }
    }
}

fn failed_before() -> StoreError {
    StoreError::Misuse("the unit of work has failed; it can only be rolled back".into())
}

fn ended() -> StoreError {
    StoreError::Unavailable("the unit of work was idle for too long and was rolled back".into())
}

/// A job that panics fails; the thread goes on.
fn guarded<T>(job: impl FnOnce() -> Result<T, SqliteError>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(job)) {
        Ok(outcome) => outcome.map_err(StoreError::from),
        Err(_) => Err(StoreError::Misuse("a job of the writer panicked".into())),
    }
}

/// The thread's side.
struct Desk {
    path: PathBuf,
    connection: Option<SqliteConnection>,
    idle: Duration,
}

impl Desk {
    fn serve(&mut self, turn: Turn) {
        if turn.begun.is_closed() {
            return;
        }
        let begun = self.execute("BEGIN IMMEDIATE");
        let good = begun.is_ok();
        if turn.begun.send(begun).is_ok() {
            if good {
                self.work(&turn.requests);
            }
        } else if good {
            self.roll_back();
        }
    }

    fn work(&mut self, requests: &Receiver<Request>) {
        loop {
            match (requests.recv_timeout(self.idle), &mut self.connection) {
                (Ok(Request::Run(job)), Some(connection)) => job(connection),
                (Ok(Request::Commit(answer)), _) => {
                    let outcome = self.execute("COMMIT");
                    if outcome.is_err() {
                        self.roll_back();
                    }
                    let _ = answer.send(outcome);
                    return;
                }
                (Ok(Request::Rollback(answer)), _) => {
                    self.roll_back();
                    let _ = answer.send(Ok(()));
                    return;
                }
                (Err(RecvTimeoutError::Timeout), _) => {
                    tracing::warn!("a unit of work was idle for too long and is rolled back");
                    return self.roll_back();
                }
                (Err(RecvTimeoutError::Disconnected), _) | (Ok(Request::Run(_)), None) => {
                    return self.roll_back();
                }
            }
        }
    }

    /// One statement of the transaction's frame, on a connection that is opened again where it was lost.
    fn execute(&mut self, statement: &str) -> Result<(), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            lost => {
                let opened = connection::writer(&self.path)
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                lost.insert(opened)
            }
        };
        connection.batch_execute(statement).map_err(|error| SqliteError::from(error).into())
    }

    /// Undoes the transaction. SQLite may have undone it by itself (a full disk); a connection that cannot roll back is
    /// closed, which undoes it for certain.
    fn roll_back(&mut self) {
        if let Err(error) = self.execute("ROLLBACK") {
            if error.to_string().contains("no transaction is active") {
                return;
            }
            tracing::error!(%error, "the writer's connection cannot roll back and is opened again");
            self.connection = None;
        }
    }
}

#[cfg(test)]
mod tests;
