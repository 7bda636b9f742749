//! Hashes with a version: written whole or not at all, never older over newer, and gone at an instant.

use std::sync::LazyLock;

use deadpool_redis::redis::{Script, cmd};
use time::{Duration, OffsetDateTime};

use crate::connection::{Failure, RedisConnection};
use crate::fields::Fields;

static WRITE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("write_hashes.lua")));

/// One hash to write.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) version: u32,
    /// When it must be gone, whenever it arrives: a write that was held up is dead on arrival.
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// Writes all of them in one round trip; those with a newer version in their place are left out.
pub(crate) async fn write(connection: &RedisConnection, entries: &[Entry]) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut call = WRITE.prepare_invoke();
    for entry in entries {
        let fields = entry.fields.len() * 2 + 2;
        call.key(&entry.key).arg(entry.version).arg(milliseconds(entry.expires_at)).arg(fields);
        call.arg("version").arg(entry.version);
        for (name, value) in &entry.fields {
            call.arg(*name).arg(value);
        }
    }
    connection.invoke(&call).await
}

/// Reads a hash. One that `parse` does not understand reads as none, and is removed as far as possible.
pub(crate) async fn read<T>(
    connection: &RedisConnection,
    key: &str,
    names: &'static [&'static str],
    parse: impl FnOnce(&Fields) -> Option<T>,
) -> Option<T> {
    let understood = match connection.query::<Vec<Option<Vec<u8>>>>(cmd("HMGET").arg(key).arg(names)).await {
        Ok(values) if values.iter().all(Option::is_none) => return None,
        Ok(values) => Fields::new(names, values).and_then(|fields| parse(&fields)),
        Err(Failure::Garbage) => None,
        Err(Failure::Unavailable) => return None,
    };
    if understood.is_none() {
        tracing::warn!(key, "what Redis holds is not what was written; it is dropped");
        let _: Result<(), _> = connection.query(cmd("UNLINK").arg(key)).await;
    }
    understood
}

/// Microseconds since 1970, rounded down.
pub(crate) fn microseconds(instant: OffsetDateTime) -> i64 {
    instant.unix_timestamp().saturating_mul(1_000_000).saturating_add(i64::from(instant.microsecond()))
}

/// A span in microseconds.
pub(crate) fn span(span: Duration) -> i64 {
    i64::try_from(span.whole_microseconds()).unwrap_or(i64::MAX)
}

/// Milliseconds since 1970, rounded down.
pub(crate) fn milliseconds(instant: OffsetDateTime) -> i64 {
    instant.unix_timestamp().saturating_mul(1000).saturating_add(i64::from(instant.millisecond()))
}
