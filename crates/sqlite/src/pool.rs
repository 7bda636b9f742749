//! The readers: a few connections that cannot write.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool};
use offers_domain::ports::{Level, StoreError};
use tokio::sync::Semaphore;

use crate::connection;
use crate::error::{OpenError, SqliteError};
use crate::queue::Queue;

/// How many reads run at once.
const READERS: u32 = 4;

fn permits() -> usize {
    usize::try_from(READERS).unwrap_or(Semaphore::MAX_PERMITS)
}

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
    waiting: Queue,
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
        Ok(Self { pool, permits: Arc::new(Semaphore::new(permits())), waiting: Queue::default() })
    }

    /// How many of them are at work.
    pub(crate) fn level(&self) -> Level {
        let size = permits();
        let in_use = size.saturating_sub(self.permits.available_permits());
        Level::Pool { name: "read", size, in_use, waiting: self.waiting.length() }
    }

    /// Runs one statement.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let busy = || StoreError::Overloaded("all readers are busy".into());
        let place = self.waiting.enter();
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| busy())?
            .map_err(|_| busy())?;
        drop(place);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::schema::accounts;

    fn readers() -> (tempfile::TempDir, Readers) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("offers.db");
        crate::migrate(&path).unwrap();
        (folder, Readers::open(&path).unwrap())
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let (_folder, readers) = readers();
        let write = readers.read(|connection| Ok(diesel::delete(accounts::table).execute(connection)?)).await;
        assert_eq!(write, Err(StoreError::Unavailable("attempt to write a readonly database".into())));
    }

    #[tokio::test]
    async fn a_read_that_panics_leaves_the_others_alone() {
        let (_folder, readers) = readers();
        for _ in 0..=READERS {
            let outcome: Result<(), _> = readers.read(|_| panic!("a mistake in a read")).await;
            assert!(matches!(outcome, Err(StoreError::Misuse(_))), "{outcome:?}");
        }
        let count =
            |connection: &mut SqliteConnection| Ok(accounts::table.count().get_result::<i64>(connection)?);
        assert_eq!(readers.read(count).await, Ok(3));
    }

    #[tokio::test]
    async fn a_read_waits_half_a_second_and_no_longer() {
        let (_folder, readers) = readers();
        let mut reads = tokio::task::JoinSet::new();
        let mut held = Vec::new();
        for _ in 0..READERS {
            let (release, released) = channel::<()>();
            held.push(release);
            let readers = readers.clone();
            reads.spawn(async move { readers.read(move |_| Ok(released.recv().is_err())).await });
        }
        while readers.permits.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let outcome = readers.read(|_| Ok(())).await;
        assert_eq!(outcome, Err(StoreError::Overloaded("all readers are busy".into())));
        drop(held);
        while let Some(read) = reads.join_next().await {
            assert_eq!(read.unwrap(), Ok(true));
        }
        assert_eq!(readers.read(|_| Ok(())).await, Ok(()));
    }
}
