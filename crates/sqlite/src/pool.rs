//! The readers: a few connections that cannot write.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool};
use offers_domain::ports::StoreError;
use tokio::sync::Semaphore;

use crate::connection;
use crate::error::{OpenError, SqliteError};

/// How many reads run at once.
const READERS: u32 = 4;

/// How long a read waits for a connection.
const WAIT: Duration = Duration::from_millis(500);

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<SqliteConnection, PoolError> for ReadOnly {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        connection.batch_execute(connection::READER).map_err(PoolError::QueryError)
    }
}

/// Reads run on the runtime's blocking threads. They wait for a permit before they take a thread, so that a crowd of
/// readers does not pile up threads.
#[derive(Clone)]
pub(crate) struct Readers {
    pool: Pool<ConnectionManager<SqliteConnection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let pool = Pool::builder()
            .max_size(READERS)
            .min_idle(Some(1))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_on_check_out(false)
            .connection_timeout(WAIT)
            .connection_customizer(Box::new(ReadOnly))
            .build(ConnectionManager::new(connection::address(path)?))
            .map_err(|error| OpenError::from_sqlite(path, &error))?;
        let permits = usize::try_from(READERS).unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self { pool, permits: Arc::new(Semaphore::new(permits)) })
    }

    /// Runs one statement.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let unavailable = || StoreError::Unavailable("all readers are busy".into());
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| unavailable())?
            .map_err(|_| unavailable())?;
        let pool = self.pool.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
            query(&mut connection).map_err(StoreError::from)
        });
        read.await.unwrap_or_else(|_| Err(StoreError::Misuse("a read panicked or was cancelled".into())))
    }

    /// Runs several statements on one snapshot of the database.
    pub(crate) async fn snapshot<T: Send + 'static>(
        &self,
        queries: impl FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(|connection| connection.transaction(queries)).await
    }
}
