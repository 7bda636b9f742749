//! The store that the settings name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use offers_domain::ports::{Clock, Level, Levels, Queries, Store, TakesInventory};
use offers_postgres::{PgSettings, PgStore};
use offers_sqlite::SqliteStore;
use secrecy::ExposeSecret;

use crate::StartError;
use crate::settings::{Database, Settings};

/// An open store, by its kind.
#[derive(Clone)]
pub(crate) enum Backend {
    /// One file, one process that serves requests.
    Sqlite(SqliteStore),
    /// A database for many processes.
    Postgres(PgStore, Box<PgSettings>),
}

/// What was done to the schema.
pub(crate) struct SchemaChange {
    /// The database, without secrets.
    pub(crate) database: String,
    /// Which migrations ran.
    pub(crate) applied: Vec<String>,
}

impl Backend {
    /// Opens the store; its schema must be this program's.
    pub(crate) async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        match settings.database()? {
            Database::Sqlite(file) => {
                let store = SqliteStore::open(&file, clock).map_err(store_error)?;
                Ok(Self::Sqlite(store))
            }
            Database::Postgres(url) => {
                let settings = postgres_settings(settings, url.expose_secret());
                let store = PgStore::connect(&settings).await.map_err(store_error)?;
                Ok(Self::Postgres(store, Box::new(settings)))
            }
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store, _) => Arc::new(store.clone()),
        }
    }

    pub(crate) fn queries(&self) -> Arc<dyn Queries> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store, _) => Arc::new(store.clone()),
        }
    }

    pub(crate) fn inventory(&self) -> Arc<dyn TakesInventory> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store, _) => Arc::new(store.clone()),
        }
    }

    pub(crate) fn levels(&self) -> Arc<dyn Levels> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Postgres(store, _) => Arc::new(store.clone()),
        }
    }

    /// Batches under way at once: SQLite has one writer.
    pub(crate) fn lanes(&self, settings: &Settings) -> usize {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(..) => settings.orders.lanes,
        }
    }
}

/// The folder for what a process keeps on its own disk.
pub(crate) struct DataFolder(pub(crate) PathBuf);

impl Levels for DataFolder {
    /// Nothing where the folder is missing: a process that keeps nothing needs none.
    fn levels(&self) -> Vec<Level> {
        let level = |disk: rustix::fs::StatVfs| Level::Folder {
            free_bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
            size_bytes: disk.f_blocks.saturating_mul(disk.f_frsize),
        };
        rustix::fs::statvfs(&self.0).map(level).into_iter().collect()
    }
}

/// Brings the embedded store's schema up to date, so that nobody has to prepare it. A PostgreSQL database is migrated on
/// purpose alone: other processes may be at work on it.
pub(crate) async fn prepare_embedded(settings: &Settings) -> Result<(), StartError> {
    match settings.database()? {
        Database::Sqlite(_) => migrate(settings).await.map(drop),
        Database::Postgres(_) => Ok(()),
    }
}

/// Brings the schema up to date; the embedded store is created if need be.
pub(crate) async fn migrate(settings: &Settings) -> Result<SchemaChange, StartError> {
    match settings.database()? {
        Database::Sqlite(file) => migrate_file(settings, &file),
        Database::Postgres(url) => {
            let report = offers_postgres::migrate(&postgres_settings(settings, url.expose_secret()))
                .await
                .map_err(store_error)?;
            let database = "the PostgreSQL database".to_owned();
            Ok(SchemaChange { database, applied: report.applied })
        }
    }
}

fn migrate_file(settings: &Settings, file: &Path) -> Result<SchemaChange, StartError> {
    let folder_error = |folder: PathBuf, reason| StartError::DataFolder { folder, reason };
    make_folder(&settings.data_dir).map_err(|reason| folder_error(settings.data_dir.clone(), reason))?;
    let report = offers_sqlite::migrate(file).map_err(|error| match error {
        offers_sqlite::OpenError::Folder { folder, reason } => {
            folder_error(folder, std::io::Error::other(reason))
        }
        other => store_error(other),
    })?;
    let database = file.display().to_string();
    Ok(SchemaChange { database, applied: report.applied })
}

/// For its owner only: it holds the signing key and everybody's orders.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

pub(crate) fn postgres_settings(settings: &Settings, url: &str) -> PgSettings {
    PgSettings {
        pool_size: settings.postgres.pool_size,
        reader_pool_size: settings.postgres.reader_pool_size,
        allow_unsafe_durability: settings.postgres.allow_unsafe_durability,
        ..PgSettings::new(url)
    }
}

fn store_error(error: impl std::fmt::Display) -> StartError {
    StartError::Store(error.to_string())
}
