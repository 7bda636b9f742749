//! The unit of work: one turn on the writer's thread. Each method of its roles is one job there.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::QueryResult;
use diesel::sqlite::SqliteConnection;
use offers_domain::ports::{Locked, StoreError, UnitOfWork};
use time::OffsetDateTime;

use crate::clock::StoreClock;
use crate::error::SqliteError;
use crate::writer::Session;

/// Locks are not taken row by row: while a unit has its turn, nobody else writes.
pub(crate) struct SqliteUnitOfWork {
    session: Session,
    clock: Arc<StoreClock>,
}

impl SqliteUnitOfWork {
    pub(crate) fn new(session: Session, clock: Arc<StoreClock>) -> Self {
        Self { session, clock }
    }

    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.session.run(job).await
    }

    /// Runs a job over a slice; an empty one is not worth a job.
    pub(crate) async fn over<I, T>(
        &mut self,
        items: &[I],
        job: impl FnOnce(&mut SqliteConnection, Vec<I>) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError>
    where
        I: Clone + Send + 'static,
        T: Default + Send + 'static,
    {
        if items.is_empty() {
            return Ok(T::default());
        }
        let items = items.to_vec();
        self.run(move |connection| job(connection, items)).await
    }
}

/// What can be read of a work list, row by row in its order, until there is enough; what cannot be read is told about.
pub(crate) fn work<R, T>(rows: impl Iterator<Item = QueryResult<R>>, limit: usize) -> QueryResult<Vec<T>>
where
    T: TryFrom<R, Error = StoreError>,
{
    let tell = |error: &StoreError| {
        tracing::error!(%error, "a row cannot be read and is left out of the work");
    };
    let read = |row| T::try_from(row).inspect_err(tell).ok();
    rows.filter_map(|row| row.map(read).transpose()).take(limit).collect()
}

/// The same, locked: while a unit has its turn nobody else writes.
pub(crate) fn locked_work<R, T>(
    rows: impl Iterator<Item = QueryResult<R>>,
    limit: usize,
) -> QueryResult<Vec<Locked<T>>>
where
    T: TryFrom<R, Error = StoreError>,
{
    Ok(work(rows, limit)?.into_iter().map(Locked::by_store).collect())
}

#[async_trait]
impl UnitOfWork for SqliteUnitOfWork {
    async fn now(&mut self) -> Result<OffsetDateTime, StoreError> {
        Ok(self.clock.now())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.session.commit().await
    }

    async fn rollback(self: Box<Self>) -> Result<(), StoreError> {
        self.session.rollback().await;
        Ok(())
    }
}
