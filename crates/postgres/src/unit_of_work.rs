//! The unit of work: one transaction on one connection.

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::AsyncPgConnection;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use offers_domain::ports::{Locked, StoreError, UnitOfWork};
use time::OffsetDateTime;

use crate::error::{commit_error, is_lost, store_error};
use crate::pool::{Connections, Loan, NOW, Now, Postponed};
use crate::statement::statement;

/// Each method of its roles is one statement, or a few. Writes that bring nothing back are kept until something is asked for
/// or the unit ends, and then travel together: they cost one round trip, however many they are. COMMIT is a round trip of its
/// own, because it is only sent when all of them have succeeded.
pub(crate) struct PgUnitOfWork {
    loan: Loan,
    /// False while a statement is under way and after one that has failed: such a unit can only be rolled back.
    sound: bool,
    kept: Vec<Write>,
    /// When it began, for the question that most units begin with.
    began_at: Option<OffsetDateTime>,
}

/// A statement that is not sent yet, and what is wrong where it writes another number of rows.
struct Write {
    statement: Postponed,
    rows: Option<(usize, StoreError)>,
}

impl PgUnitOfWork {
    pub(crate) async fn begin(writers: &Connections) -> Result<Self, StoreError> {
        let (loan, began_at) = writers.begin_now().await?;
        Ok(Self { loan, sound: true, kept: Vec::new(), began_at: Some(began_at) })
    }

    /// Keeps a write for the next round trip.
    pub(crate) fn write<Q>(&mut self, query: Q) -> Result<(), StoreError>
    where
        Q: QueryFragment<Pg> + QueryId + Send + 'static,
    {
        self.keep(Write { statement: Postponed::new(query), rows: None })
    }

    /// Keeps a write that must find so many rows; where it does not, the unit has failed with `otherwise`.
    pub(crate) fn write_rows<Q>(
        &mut self,
        query: Q,
        rows: usize,
        otherwise: StoreError,
    ) -> Result<(), StoreError>
    where
        Q: QueryFragment<Pg> + QueryId + Send + 'static,
    {
        self.keep(Write { statement: Postponed::new(query), rows: Some((rows, otherwise)) })
    }

    fn keep(&mut self, write: Write) -> Result<(), StoreError> {
        if !self.sound {
            return Err(failed());
        }
        self.kept.push(write);
        Ok(())
    }

    /// Sends what was kept. The server works it off in order and nothing of it after a mistake, which is the first that is
    /// told of.
    async fn send(&mut self) -> Result<(), StoreError> {
        if self.kept.is_empty() {
            return Ok(());
        }
        self.start()?;
        let (statements, expected): (Vec<_>, Vec<_>) =
            self.kept.drain(..).map(|write| (write.statement, write.rows)).unzip();
        for (written, expected) in self.loan.together(statements).await.into_iter().zip(expected) {
            let written = written.map_err(|error| store_error(&error))?;
            if let Some((_, error)) = expected.filter(|(rows, _)| *rows != written) {
                return Err(error);
            }
        }
        self.sound = true;
        Ok(())
    }

    /// The rows of a statement.
    pub(crate) fn rows<Q, R>(&mut self, query: Q) -> BoxFuture<'_, Result<Vec<R>, StoreError>>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
    {
        async move {
            self.send().await?;
            self.start()?;
            let outcome = self.loan.rows(query).await;
            self.judge(outcome)
        }
        .boxed()
    }

    /// What can be read of the rows that `select` finds beside those that it is told to leave out, and what cannot.
    pub(crate) async fn readable<Q, R, I, T, E>(
        &mut self,
        select: impl Fn(Vec<I>) -> Q + Send,
        id: fn(&R) -> I,
        read: fn(R) -> Result<T, E>,
    ) -> Result<(Vec<T>, Vec<E>), StoreError>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
        I: Clone + Send,
        E: Send,
    {
        let (mut left_out, mut unreadable) = (Vec::new(), Vec::new());
        loop {
            let known = unreadable.len();
            let rows = self.rows(select(left_out.clone())).await?;
            let read = rows.into_iter().filter_map(|row| {
                let id = id(&row);
                let leave_out = |error| {
                    left_out.push(id);
                    unreadable.push(error);
                };
                read(row).map_err(leave_out).ok()
            });
            let read = read.collect();
            // What could not be read has taken others' places: look again without it.
            if unreadable.len() == known {
                return Ok((read, unreadable));
            }
        }
    }

    /// What can be read of a work list; what cannot is told about.
    pub(crate) async fn work<Q, R, T>(
        &mut self,
        select: impl Fn(Vec<i64>) -> Q + Send,
        id: fn(&R) -> i64,
    ) -> Result<Vec<T>, StoreError>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
        T: TryFrom<R, Error = StoreError>,
    {
        let (work, unreadable) = self.readable(select, id, T::try_from).await?;
        for error in unreadable {
            tracing::error!(%error, "a row cannot be read and is left out of the work");
        }
        Ok(work)
    }

    /// The same, of rows that the statement locks.
    pub(crate) async fn locked_work<Q, R, T>(
        &mut self,
        select: impl Fn(Vec<i64>) -> Q + Send,
        id: fn(&R) -> i64,
    ) -> Result<Vec<Locked<T>>, StoreError>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
        T: TryFrom<R, Error = StoreError>,
    {
        Ok(self.work(select, id).await?.into_iter().map(Locked::by_store).collect())
    }

    /// How many rows a statement has written.
    pub(crate) fn run<Q>(&mut self, query: Q) -> BoxFuture<'_, Result<usize, StoreError>>
    where
        Q: ExecuteDsl<AsyncPgConnection> + Send + 'static,
    {
        async move {
            self.send().await?;
            self.start()?;
            let outcome = self.loan.run(query).await;
            self.judge(outcome)
        }
        .boxed()
    }

    /// Runs an INSERT that returns ids, in the order of its rows.
    pub(crate) fn insert<Q, I>(
        &mut self,
        query: Q,
        id: fn(i64) -> I,
    ) -> BoxFuture<'_, Result<Vec<I>, StoreError>>
    where
        Q: LoadQuery<'static, AsyncPgConnection, NewId> + Send + 'static,
        I: 'static,
    {
        async move {
            let rows: Vec<NewId> = self.rows(query).await?;
            Ok(rows.into_iter().map(|row| id(row.id)).collect())
        }
        .boxed()
    }

    fn start(&mut self) -> Result<(), StoreError> {
        self.began_at = None;
        if !std::mem::take(&mut self.sound) {
            return Err(failed());
        }
        Ok(())
    }

    fn judge<T>(&mut self, outcome: QueryResult<T>) -> Result<T, StoreError> {
        self.sound = outcome.is_ok();
        outcome.map_err(|error| store_error(&error))
    }
}

fn failed() -> StoreError {
    StoreError::Misuse("the unit of work has failed and can only be rolled back".into())
}

/// The id that the server gave to a row.
#[derive(QueryableByName)]
pub(crate) struct NewId {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    async fn now(&mut self) -> Result<OffsetDateTime, StoreError> {
        if let Some(now) = self.began_at.take().filter(|_| self.sound) {
            return Ok(now);
        }
        let row: Option<Now> = self.rows(statement(NOW)).await?.pop();
        row.map(|row| row.now).ok_or_else(|| StoreError::Misuse("the server has no clock".into()))
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Err(error) = self.send().await {
            // Nothing was written; the mistake is what there is to tell of.
            let _ = self.rollback().await;
            return Err(error);
        }
        self.start()?;
        self.loan.command("COMMIT").await.map_err(|error| commit_error(&error))?;
        self.loan.give_back();
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.loan.command("ROLLBACK").await {
            Ok(()) => self.loan.give_back(),
            // The server undoes what a connection leaves behind.
            Err(error) if is_lost(&error) => {}
            Err(error) => return Err(store_error(&error)),
        }
        Ok(())
    }
}
