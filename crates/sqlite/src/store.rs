//! One open database.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ports::{Clock, Level, Levels, Store, StoreError, UnitOfWork};

use crate::clock::StoreClock;
use crate::error::OpenError;
use crate::pool::Readers;
use crate::unit_of_work::SqliteUnitOfWork;
use crate::writer::{Limits, Writer};
use crate::{connection, migrations};

/// The embedded store: the writing side ([`Store`]) and the reading side
/// ([`Queries`](offers_domain::ports::Queries)) of one database file. Clones share the file's one writer.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    pub(crate) clock: Arc<StoreClock>,
}

impl SqliteStore {
    /// Opens a database whose schema is this program's; [`migrate`](crate::migrate) makes it so.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_within(path, clock, Limits::default())
    }

    pub(crate) fn open_within(path: &Path, clock: Arc<dyn Clock>, limits: Limits) -> Result<Self, OpenError> {
        if !path.exists() {
            return Err(OpenError::Missing(path.to_path_buf()));
        }
        let mut connection = connection::writer(path)?;
        migrations::check(&mut connection, path)?;
        let writer = Writer::start(connection, path.to_path_buf(), limits)
            .map_err(|error| OpenError::Other { path: path.to_path_buf(), reason: error.to_string() })?;
        let readers = Readers::open(path)?;
        Ok(Self { writer, readers, clock: Arc::new(StoreClock::new(clock)) })
    }
}

impl Levels for SqliteStore {
    fn levels(&self) -> Vec<Level> {
        vec![self.writer.level(), self.readers.level()]
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let session = self.writer.begin().await?;
        Ok(Box::new(SqliteUnitOfWork::new(session, Arc::clone(&self.clock))))
    }
}
