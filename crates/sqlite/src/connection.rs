//! Connections and their settings.

use std::path::Path;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::error::OpenError;

/// WAL: readers never wait for the writer. FULL: a commit is on the disk before it is answered. The log is moved into
/// the database every 20000 pages (80 MB): with SQLite's own 1000, every few batches would wait for that.
const WRITER: &str = "
    PRAGMA busy_timeout = 2000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    PRAGMA wal_autocheckpoint = 20000;
    PRAGMA journal_size_limit = 134217728;
";

/// Cannot write, whatever it is asked. What the check of the ledger sorts does not fit in memory: it goes to a file.
pub(crate) const READER: &str = "
    PRAGMA busy_timeout = 2000;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = FILE;
    PRAGMA cache_size = -8192;
    PRAGMA query_only = ON;
";

/// The first version without the bug that can corrupt a write-ahead log (SQLite 3.7.0 to 3.51.2).
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

/// What SQLite's functions take for a path: absolute, so that no path is read as an address or as `:memory:`.
pub(crate) fn address(path: &Path) -> Result<String, OpenError> {
    let other = |reason: String| OpenError::Other { path: path.to_path_buf(), reason };
    let absolute = std::path::absolute(path).map_err(|error| other(error.to_string()))?;
    let text = absolute.to_str().ok_or_else(|| other("the path is not UTF-8".into()))?;
    Ok(text.to_owned())
}

/// How long an opening that finds the file locked is tried again, and how often.
const PATIENCE: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(5);

/// A connection that may write.
///
/// The last connection to close tidies the log away under a lock that `busy_timeout` does not wait for
/// (<https://sqlite.org/wal.html>, section 10), so an opening at that instant is tried again.
pub(crate) fn writer(path: &Path) -> Result<SqliteConnection, OpenError> {
    let mut waited = Duration::ZERO;
    loop {
        match open_writer(path) {
            Err(OpenError::Locked(_)) if waited < PATIENCE => {
                thread::sleep(AGAIN);
                waited += AGAIN;
            }
            opened => return opened,
        }
    }
}

fn open_writer(path: &Path) -> Result<SqliteConnection, OpenError> {
    let mut connection =
        SqliteConnection::establish(&address(path)?).map_err(|error| OpenError::from_sqlite(path, &error))?;
    check_version(&mut connection, path)?;
    connection.batch_execute(WRITER).map_err(|error| OpenError::from_sqlite(path, &error))?;
    Ok(connection)
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn check_version(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let Version { version } = diesel::sql_query("SELECT sqlite_version() AS version")
        .get_result(connection)
        .map_err(|error| OpenError::from_sqlite(path, &error))?;
    if is_new_enough(&version) { Ok(()) } else { Err(OpenError::OldSqlite { found: version }) }
}

fn is_new_enough(version: &str) -> bool {
    let parts: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    parts.is_ok_and(|parts| parts.as_slice() >= OLDEST_SQLITE.as_slice())
}

#[cfg(test)]
mod tests {
    use diesel::dsl::sql;
    use diesel::sql_types::BigInt;

    use super::*;

    fn settings<const N: usize>(connection: &mut SqliteConnection, names: [&str; N]) -> [i64; N] {
        names.map(|name| sql::<BigInt>(&format!("PRAGMA {name}")).get_result(connection).unwrap())
    }

    #[test]
    fn the_writers_settings_are_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = writer(&folder.path().join("offers.db")).unwrap();
        let mode: String = sql::<Text>("PRAGMA journal_mode").get_result(&mut connection).unwrap();
        assert_eq!(mode, "wal");
        let safety = ["synchronous", "foreign_keys", "trusted_schema", "busy_timeout", "query_only"];
        assert_eq!(settings(&mut connection, safety), [2, 1, 0, 2000, 0]);
        let speed = ["wal_autocheckpoint", "temp_store", "cache_size"];
        assert_eq!(settings(&mut connection, speed), [20_000, 2, -16_384]);
    }

    #[test]
    fn the_readers_settings_are_in_force() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection.batch_execute(READER).unwrap();
        let safety = ["query_only", "trusted_schema", "foreign_keys", "busy_timeout"];
        assert_eq!(settings(&mut connection, safety), [1, 0, 1, 2000]);
        assert_eq!(settings(&mut connection, ["temp_store", "cache_size"]), [1, -8192]);
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        for good in ["3.51.3", "3.53.2", "3.100.0", "4.0.0"] {
            assert!(is_new_enough(good), "{good}");
        }
        for bad in ["3.51.2", "3.7.17", "3.9.2", "2.99.99", "?"] {
            assert!(!is_new_enough(bad), "{bad}");
        }
    }
}
