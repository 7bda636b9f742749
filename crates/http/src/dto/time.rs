//! Times as they are shown: RFC 3339, UTC, always three decimals.

use serde::{Serialize, Serializer, ser};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// An instant, written as `2026-11-20T16:10:53.123Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp(pub(crate) OffsetDateTime);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_offset(UtcOffset::UTC).format(FORMAT).map_err(ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(time: OffsetDateTime) -> Self {
        Self(time)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_have_three_decimals_and_end_with_z() {
        for (time, text) in [
            (datetime!(2026-11-20 16:10:53.123_987 UTC), "\"2026-11-20T16:10:53.123Z\""),
            (datetime!(2026-11-20 16:10:53 +02:00), "\"2026-11-20T14:10:53.000Z\""),
            (datetime!(0099-01-01 0:00 UTC), "\"0099-01-01T00:00:00.000Z\""),
        ] {
            assert_eq!(serde_json::to_string(&Timestamp(time)).unwrap(), text);
        }
    }
}
