//! The schema, embedded in the program.

use std::fs::OpenOptions;
use std::path::Path;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection;
use crate::error::OpenError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// Whether the database was new.
    pub created: bool,
    /// The names of the migrations that were applied, in order; none where the schema was up to date.
    pub applied: Vec<String>,
}

/// Makes the database at `path` if there is none, readable by its owner only, and brings its schema up to date. All
/// pending migrations are applied together or not at all.
pub fn migrate(path: &Path) -> Result<MigrationReport, OpenError> {
    let created = create(path)?;
    let mut connection = connection::writer(path)?;
    let names = connection
        .immediate_transaction(|connection| -> Result<_, Failure> {
            let unknown = unknown(connection)?;
            if !unknown.is_empty() {
                return Ok(Err(unknown));
            }
            let pending = connection.pending_migrations(MIGRATIONS)?;
            let names = pending.iter().map(|migration| migration.name().to_string()).collect();
            connection.run_migrations(&pending)?;
            Ok(Ok(names))
        })
        .map_err(|error| OpenError::from_sqlite(path, &error))?;
    match names {
        Ok(applied) => Ok(MigrationReport { created, applied }),
        Err(unknown) => Err(OpenError::NewerSchema { path: path.to_path_buf(), unknown }),
    }
}

/// Refuses a schema that is not exactly this program's.
pub(crate) fn check(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let schema = (|| -> Result<_, Failure> {
        let unknown = unknown(connection)?;
        let pending = connection.pending_migrations(MIGRATIONS)?;
        Ok((unknown, pending.iter().map(|migration| migration.name().to_string()).collect::<Vec<_>>()))
    })();
    let (unknown, pending) = schema.map_err(|error| OpenError::from_sqlite(path, &error))?;
    let path = path.to_path_buf();
    if !unknown.is_empty() {
        Err(OpenError::NewerSchema { path, unknown })
    } else if !pending.is_empty() {
        Err(OpenError::OlderSchema { path, pending })
    } else {
        Ok(())
    }
}

/// The versions in the database that this program has never heard of.
fn unknown(connection: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
    let known: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations()?;
    let is_known =
        |version: &MigrationVersion<'_>| known.iter().any(|migration| migration.name().version() == *version);
    let applied = connection.applied_migrations()?;
    Ok(applied.iter().filter(|version| !is_known(version)).map(ToString::to_string).collect())
}

/// Makes the folder and the file, each for its owner only. SQLite gives the files beside it the same permissions.
fn create(path: &Path) -> Result<bool, OpenError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let unwritable =
        |error: std::io::Error| OpenError::Folder { folder: folder.to_path_buf(), reason: error.to_string() };
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true);
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    folders.create(folder).map_err(unwritable)?;
    match file.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(unwritable(error)),
    }
}
