//! A copy of the whole database while others work with it.

use std::fmt::Display;
use std::fs::File;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::connection;
use crate::error::OpenError;

/// Copies the database at `from` into the new file `to`, as it stands at one instant: everything that was acknowledged
/// before the call is in it. Nobody waits for the copy, and nobody but the owner may read it.
///
/// # Errors
/// When there is no database, or something is at `to` already; nothing is left there then.
pub fn backup(from: &Path, to: &Path) -> Result<(), OpenError> {
    let failed = |reason: &dyn Display| OpenError::Other { path: to.to_owned(), reason: reason.to_string() };
    if !from.exists() {
        return Err(OpenError::Missing(from.to_owned()));
    }
    let mut connection = connection::writer(from)?;
    let address = connection::address(to)?;
    // SQLite fills a file that is empty, and refuses any other.
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(to).map_err(|error| failed(&error))?;
    let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(address).execute(&mut connection);
    copied.map(drop).map_err(|error| {
        // Half a copy must not be taken for one.
        let _ = std::fs::remove_file(to);
        failed(&error)
    })
}
