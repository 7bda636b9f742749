//! Times as they are shown: RFC 3339, UTC, always three decimals.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser};
use time::{OffsetDateTime, UtcOffset};

/// An instant, written as `2026-11-20T16:10:53.123Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timestamp(pub(crate) OffsetDateTime);

impl Timestamp {
    /// Every answer has several: written digit by digit, they cost a tenth of what a format description does.
    fn text(self) -> [u8; 24] {
        let at = self.0.to_offset(UtcOffset::UTC);
        let year = at.year().unsigned_abs();
        let ([y1, y2], [y3, y4]) = (digits(year / 100), digits(year % 100));
        let ([mo1, mo2], [d1, d2]) = (digits(u8::from(at.month()).into()), digits(at.day().into()));
        let ([h1, h2], [mi1, mi2]) = (digits(at.hour().into()), digits(at.minute().into()));
        let ([s1, s2], thousandths) = (digits(at.second().into()), u32::from(at.millisecond()));
        let ([f1, f2], [_, f3]) = (digits(thousandths / 10), digits(thousandths % 10));
        [
            y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':', s1, s2, b'.',
            f1, f2, f3, b'Z',
        ]
    }
}

/// The last two digits of a number.
fn digits(number: u32) -> [u8; 2] {
    [number / 10 % 10, number % 10].map(|digit| b'0' + u8::try_from(digit).unwrap_or(0))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.text()).map_err(ser::Error::custom)?)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "An instant, in UTC.",
            "examples": ["2026-11-20T16:10:53.123Z"],
        })
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
