//! The unit of work: one transaction on one connection.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::AsyncPgConnection;
use diesel_async::methods::{ExecuteDsl, LoadQuery};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use offers_domain::ports::{Locked, StoreError, UnitOfWork};
use time::OffsetDateTime;

use crate::error::{commit_error, is_lost, store_error};
use crate::pool::{Connections, Loan};
use crate::statement::statement;

/// Each method of its roles is one statement, or a few; BEGIN and COMMIT are round trips of their own, never sent together with
/// what is between them.
pub(crate) struct PgUnitOfWork {
    loan: Loan,
    /// False while a statement is under way and after one that has failed: such a unit can only be rolled back.
    sound: bool,
}

impl PgUnitOfWork {
    pub(crate) async fn begin(writers: &Connections) -> Result<Self, StoreError> {
        Ok(Self { loan: writers.begin("BEGIN").await?, sound: true })
    }

    /// The rows of a statement.
    pub(crate) fn rows<Q, R>(&mut self, query: Q) -> BoxFuture<'_, Result<Vec<R>, StoreError>>
    where
        Q: LoadQuery<'static, AsyncPgConnection, R> + Send + 'static,
        R: Send + 'static,
    {
        async move {
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

    /// Ends the unit's usefulness.
    pub(crate) fn refuse(&mut self, error: StoreError) -> StoreError {
        self.sound = false;
        error
    }

    fn start(&mut self) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.sound) {
            return Err(StoreError::Misuse("the unit of work has failed and can only be rolled back".into()));
        }
        Ok(())
    }

    fn judge<T>(&mut self, outcome: QueryResult<T>) -> Result<T, StoreError> {
        self.sound = outcome.is_ok();
        outcome.map_err(|error| store_error(&error))
    }
}

/// The id that the server gave to a row.
#[derive(QueryableByName)]
pub(crate) struct NewId {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = Timestamptz)]
    now: OffsetDateTime,
}

#[async_trait]
impl UnitOfWork for PgUnitOfWork {
    async fn now(&mut self) -> Result<OffsetDateTime, StoreError> {
        let row: Option<Now> = self.rows(statement("SELECT clock_timestamp() AS now")).await?.pop();
        row.map(|row| row.now).ok_or_else(|| StoreError::Misuse("the server has no clock".into()))
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
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
