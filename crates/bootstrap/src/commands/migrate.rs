//! `offers migrate`: bring the database's schema up to date.

use std::io::Write;
use std::path::Path;

use crate::StartError;
use crate::settings::Settings;

/// What was done to the schema.
pub(crate) struct SchemaChange {
    /// Whether the database is new.
    pub(crate) created: bool,
    /// Which migrations ran.
    pub(crate) applied: Vec<String>,
}

/// Creates the database if need be and runs what is pending.
pub(crate) fn bring_up_to_date(settings: &Settings) -> Result<SchemaChange, StartError> {
    make_folder(&settings.data_dir).map_err(|reason| folder_error(settings, reason))?;
    let report = offers_sqlite::migrate(&settings.database_file()?).map_err(|error| match error {
        offers_sqlite::OpenError::Folder { reason, .. } => {
            folder_error(settings, std::io::Error::other(reason))
        }
        other => StartError::Store(other.to_string()),
    })?;
    Ok(SchemaChange { created: report.created, applied: report.applied })
}

/// For its owner only: it holds the signing key and everybody's orders.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn folder_error(settings: &Settings, reason: std::io::Error) -> StartError {
    StartError::DataFolder { folder: settings.data_dir.clone(), reason }
}

/// Runs pending migrations and says which.
pub fn migrate(settings: &Settings, output: &mut dyn Write) -> Result<(), StartError> {
    let change = bring_up_to_date(settings)?;
    for name in &change.applied {
        say(output, &format!("applied {name}"))?;
    }
    say(output, &format!("{} is up to date", settings.database_file()?.display()))
}

/// Prints one line.
pub(super) fn say(output: &mut dyn Write, line: &str) -> Result<(), StartError> {
    writeln!(output, "{line}").map_err(|error| StartError::Failed(format!("cannot print: {error}")))
}
