//! `offers backup`: copy the embedded store while the server runs.

use std::io::Write;
use std::path::Path;

use super::say;
use crate::StartError;
use crate::settings::{Database, Settings};

/// Copies the embedded store into the new file `to`.
pub fn backup(settings: &Settings, to: &Path, output: &mut dyn Write) -> Result<(), StartError> {
    let Database::Sqlite(file) = settings.database()? else {
        return Err(StartError::Failed("a PostgreSQL database is copied with its own pg_dump".into()));
    };
    offers_sqlite::backup(&file, to)
        .map_err(|error| StartError::Failed(format!("there is no backup: {error}")))?;
    say(output, &format!("{} is a copy of {}", to.display(), file.display()))
}
