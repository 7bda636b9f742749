//! One database.

use async_trait::async_trait;
use offers_domain::ports::{Level, Levels, Store, StoreError, UnitOfWork};

use crate::connection::Purpose;
use crate::error::OpenError;
use crate::pool::Connections;
use crate::settings::PgSettings;
use crate::unit_of_work::PgUnitOfWork;
use crate::{migrations, server};

/// The production store: the writing side ([`Store`]) and the reading side ([`Queries`](offers_domain::ports::Queries))
/// of one database. Clones share its connections.
#[derive(Clone)]
pub struct PgStore {
    writers: Connections,
    pub(crate) readers: Connections,
    /// Asks whether the server answers, however busy the others are.
    pub(crate) probes: Connections,
}

/// So many may ask at once whether the server answers.
const PROBES: usize = 2;

impl PgStore {
    /// Opens a database whose schema is this program's ([`migrate`](crate::migrate) makes it so), on a server that keeps
    /// what it has committed.
    pub async fn connect(settings: &PgSettings) -> Result<Self, OpenError> {
        let writers = Connections::new(settings, Purpose::Write, settings.pool_size)?;
        let readers = Connections::new(settings, Purpose::Read, settings.reader_pool_size)?;
        let probes = Connections::new(settings, Purpose::Read, PROBES)?;
        server::check(&readers, settings.allow_unsafe_durability).await?;
        migrations::check(&readers).await?;
        Ok(Self { writers, readers, probes })
    }
}

impl Levels for PgStore {
    fn levels(&self) -> Vec<Level> {
        [&self.writers, &self.readers].map(Connections::level).into()
    }
}

#[async_trait]
impl Store for PgStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(PgUnitOfWork::begin(&self.writers).await?))
    }
}
