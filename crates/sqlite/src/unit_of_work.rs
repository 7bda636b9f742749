//! The unit of work: one turn on the writer's thread. Each method of its roles is one job there.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::sqlite::SqliteConnection;
use offers_domain::ports::{StoreError, UnitOfWork};
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
