//! The schema, embedded in the program.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::{Endpoint, Purpose};
use crate::error::{OpenError, open_error};
use crate::pool::Connections;
use crate::settings::PgSettings;
use crate::statement::statement;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Held while migrating, so that two programs that start at once do not race: "offers" in ASCII.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(122485595271795)";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// Whether the database was empty.
    pub created: bool,
    /// The names of the migrations that were applied, in order; none where the schema was up to date.
    pub applied: Vec<String>,
}

/// Brings the schema up to date. All pending migrations are applied together or not at all; a second program that
/// migrates at the same time waits for the first.
pub async fn migrate(settings: &PgSettings) -> Result<MigrationReport, OpenError> {
    let endpoint = Endpoint::new(settings, Purpose::Migrate)?;
    let connection = endpoint.connect().await.map_err(|error| OpenError::Unreachable(error.to_string()))?;
    let failed = |error: String| OpenError::Migration(error);
    // Diesel's migrations are synchronous: they run on a thread where waiting is allowed.
    tokio::task::spawn_blocking(move || run(&mut AsyncConnectionWrapper::from(connection)))
        .await
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))?
        .map_err(OpenError::NewerSchema)
}

type Migrating = AsyncConnectionWrapper<AsyncPgConnection>;

/// The report, or the versions that this program does not know.
fn run(connection: &mut Migrating) -> Result<Result<MigrationReport, Vec<String>>, Failure> {
    connection.transaction(|connection| {
        diesel::sql_query(ONE_AT_A_TIME).execute(connection)?;
        let applied = connection.applied_migrations()?;
        let unknown = unknown(applied.iter().map(ToString::to_string))?;
        if !unknown.is_empty() {
            return Ok(Err(unknown));
        }
        let pending = connection.pending_migrations(MIGRATIONS)?;
        let names = pending.iter().map(|migration| migration.name().to_string()).collect();
        connection.run_migrations(&pending)?;
        Ok(Ok(MigrationReport { created: applied.is_empty(), applied: names }))
    })
}

#[derive(QueryableByName)]
struct Exists {
    #[diesel(sql_type = Bool)]
    exists: bool,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Refuses a schema that is not exactly this program's. Only reads, because the program's role may do no more.
pub(crate) async fn check(connections: &Connections) -> Result<(), OpenError> {
    let journal = statement("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS exists");
    let exists = connections.row::<_, Exists>(journal).await.map_err(|error| open_error(&error))?;
    let applied: Vec<Applied> = match exists {
        Some(Exists { exists: true }) => {
            let versions = statement("SELECT version::text AS version FROM __diesel_schema_migrations");
            connections.rows(versions).await.map_err(|error| open_error(&error))?
        }
        _ => Vec::new(),
    };
    let misbuilt = |error: Failure| OpenError::Migration(error.to_string());
    let unknown = unknown(applied.iter().map(|row| row.version.clone())).map_err(misbuilt)?;
    if !unknown.is_empty() {
        return Err(OpenError::NewerSchema(unknown));
    }
    let is_applied = |version: &MigrationVersion<'_>| {
        let version = version.to_string();
        applied.iter().any(|row| row.version == version)
    };
    let known = known().map_err(misbuilt)?;
    let pending = known.iter().filter(|migration| !is_applied(&migration.name().version()));
    let mut pending: Vec<String> = pending.map(|migration| migration.name().to_string()).collect();
    pending.sort();
    if pending.is_empty() { Ok(()) } else { Err(OpenError::OlderSchema(pending)) }
}

fn known() -> Result<Vec<Box<dyn Migration<Pg>>>, Failure> {
    MIGRATIONS.migrations()
}

/// Those versions that this program has never heard of.
fn unknown(applied: impl Iterator<Item = String>) -> Result<Vec<String>, Failure> {
    let known: Vec<String> =
        known()?.iter().map(|migration| migration.name().version().to_string()).collect();
    Ok(applied.filter(|version| !known.contains(version)).collect())
}
