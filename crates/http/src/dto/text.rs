//! Values that clients write as text, and ids, checked while they are read.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use offers_domain::audit::Reason;
use offers_domain::ids::TransactionId;
use offers_domain::page::PageLimit;
use offers_domain::partner_channel::PartnerName;
use offers_domain::partner_channel::discount::Discount;
use offers_domain::text;
use offers_domain::user::Phone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A value with one way to write it as text.
pub(crate) trait FromText: Sized {
    /// What a client should have written, to follow "This must be".
    fn expected() -> String;

    /// What the contract calls its shape; none where the shape is written out wherever it is used.
    const NAME: Option<&'static str> = None;

    /// Its shape in the contract.
    fn shape() -> Schema;

    /// The value; none where the text is not what is expected.
    fn from_text(text: &str) -> Option<Self>;
}

/// A field or parameter that holds a `T` as text.
#[derive(Debug, Clone)]
pub(crate) struct Text<T>(pub(crate) T);

impl<'de, T: FromText> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

impl<T: FromText> JsonSchema for Text<T> {
    fn inline_schema() -> bool {
        T::NAME.is_none()
    }

    fn schema_name() -> Cow<'static, str> {
        T::NAME.unwrap_or_else(type_name::<Self>).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        T::shape()
    }
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromText> Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::expected())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<T>, E> {
        T::from_text(text).map(Text).ok_or_else(|| E::invalid_value(Unexpected::Other("text"), &self))
    }
}

/// One line of 1 to `MAX` characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<const MAX: usize>(pub(crate) String);

impl<const MAX: usize> FromText for Line<MAX> {
    fn expected() -> String {
        format!("a text of 1 to {MAX} characters without control characters")
    }

    fn shape() -> Schema {
        line_shape(MAX)
    }

    fn from_text(text: &str) -> Option<Self> {
        text::line(text, MAX).ok().map(Self)
    }
}

/// At most so many characters, one of them not white space and none of them a control character.
fn line_shape(max: usize) -> Schema {
    let controls = "\\u0000-\\u001F\\u007F-\\u009F";
    let pattern = format!("^[^{controls}]*[^\\s{controls}][^{controls}]*$");
    json_schema!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": pattern })
}

/// A text of several lines, at most 2000 characters; it may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paragraph(pub(crate) String);

/// A password: any characters, but bounded, because hashing it costs. Never printed.
#[derive(Clone)]
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl FromText for Password {
    fn expected() -> String {
        "a text of 1 to 128 characters and at most 512 bytes".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "format": "password", "minLength": 1, "maxLength": 128 })
    }

    fn from_text(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= 512 && text.chars().count() <= 128;
        fits.then(|| Self(text.to_owned()))
    }
}

impl FromText for Reason {
    fn expected() -> String {
        "a text of 1 to 500 characters without control characters".into()
    }

    fn shape() -> Schema {
        line_shape(500)
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::try_new(text).ok()
    }
}

impl FromText for PartnerName {
    fn expected() -> String {
        "a text of 1 to 100 characters without control characters".into()
    }

    fn shape() -> Schema {
        line_shape(100)
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::try_new(text).ok()
    }
}

impl FromText for Phone {
    fn expected() -> String {
        "a telephone number such as +33612345678".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\+[0-9]{7,15}$", "examples": ["+33612345678"] })
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::try_new(text).ok()
    }
}

impl FromText for Discount {
    fn expected() -> String {
        "a percentage from 0 to 99.99, such as 5 or 7.25".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]{1,2}(\\.[0-9]{1,2})?$", "examples": ["7.25"] })
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FromText for Paragraph {
    fn expected() -> String {
        "a text of at most 2000 characters without control characters but line breaks and tabs".into()
    }

    fn shape() -> Schema {
        let breaks_and_tabs = "^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F]*$";
        json_schema!({ "type": "string", "maxLength": 2000, "pattern": breaks_and_tabs })
    }

    fn from_text(text: &str) -> Option<Self> {
        text::paragraph(text, 2000).ok().map(Self)
    }
}

impl FromText for bool {
    fn expected() -> String {
        "true or false".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "boolean" })
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// An id as text, as parameters have it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdText<I>(pub(crate) I);

impl<I: From<i64>> FromText for IdText<I> {
    fn expected() -> String {
        "an integer of at least 1".into()
    }

    fn shape() -> Schema {
        id_shape()
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical::<i64>(text).filter(|id| *id >= 1).map(|id| Self(I::from(id)))
    }
}

impl FromText for TransactionId {
    fn expected() -> String {
        "a UUID with hyphens".into()
    }

    fn shape() -> Schema {
        uuid_shape()
    }

    fn from_text(text: &str) -> Option<Self> {
        hyphenated(text).map(Self)
    }
}

impl FromText for PageLimit {
    fn expected() -> String {
        "an integer from 1 to 100".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 })
    }

    fn from_text(text: &str) -> Option<Self> {
        canonical::<u64>(text).and_then(|limit| Self::try_new(limit).ok())
    }
}

impl FromText for OffsetDateTime {
    fn expected() -> String {
        "a time such as 2026-11-20T16:10:53Z (RFC 3339)".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text, &Rfc3339).ok().and_then(|time| time.checked_to_offset(time::UtcOffset::UTC))
    }
}

/// Parses a number that is written in the one usual way: no plus, no leading zeros.
pub(crate) fn canonical<N: std::str::FromStr + fmt::Display>(text: &str) -> Option<N> {
    text.parse::<N>().ok().filter(|number| number.to_string() == text)
}

/// The form of a UUID with hyphens alone; the parser would take others, too.
pub(crate) fn hyphenated(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::parse_str(text).ok() } else { None }
}

/// The form of a UUID with hyphens.
pub(crate) fn uuid_shape() -> Schema {
    json_schema!({ "type": "string", "format": "uuid" })
}

/// An integer of at least 1.
pub(crate) fn id_shape() -> Schema {
    json_schema!({ "type": "integer", "format": "int64", "minimum": 1 })
}

/// An id in a body: a JSON integer of at least 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdNumber<I>(pub(crate) I);

impl<'de, I: From<i64>> Deserialize<'de> for IdNumber<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(IdNumberVisitor(PhantomData))
    }
}

impl<I> JsonSchema for IdNumber<I> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        id_shape()
    }
}

struct IdNumberVisitor<I>(PhantomData<I>);

impl<I: From<i64>> Visitor<'_> for IdNumberVisitor<I> {
    type Value = IdNumber<I>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer of at least 1")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<IdNumber<I>, E> {
        if id < 1 {
            return Err(E::invalid_value(Unexpected::Signed(id), &self));
        }
        Ok(IdNumber(I::from(id)))
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<IdNumber<I>, E> {
        match i64::try_from(id) {
            Ok(id) => self.visit_i64(id),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(id), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_the_one_usual_way() {
        assert_eq!(canonical::<i64>("42"), Some(42));
        for text in ["", "+1", "007", "-0", "1.0", " 1", "1e3", "٣", "99999999999999999999"] {
            assert_eq!(canonical::<i64>(text), None, "{text}");
        }
    }

    #[test]
    fn a_page_has_from_1_to_100_items() {
        assert!(PageLimit::from_text("1").is_some() && PageLimit::from_text("100").is_some());
        assert!(PageLimit::from_text("0").is_none() && PageLimit::from_text("101").is_none());
    }

    #[test]
    fn a_password_is_bounded_before_it_is_hashed_and_never_printed() {
        assert!(Password::from_text(&"é".repeat(128)).is_some());
        assert!(Password::from_text(&"é".repeat(129)).is_none());
        assert!(Password::from_text(&"𝄞".repeat(129)).is_none());
        assert!(Password::from_text("").is_none());
        assert_eq!(format!("{:?}", Password("hunter2".into())), "Password");
    }

    #[test]
    fn times_are_taken_to_utc() {
        let noon = OffsetDateTime::from_text("2026-03-03T13:00:00+01:00").unwrap();
        assert_eq!(noon, time::macros::datetime!(2026-03-03 12:00 UTC));
        for text in ["", "2026-03-03", "2026-03-03 12:00:00", "2026-02-30T12:00:00Z", "yesterday"] {
            assert!(OffsetDateTime::from_text(text).is_none(), "{text}");
        }
    }
}
