//! Reading the fields of a hash without trusting them.

use std::str::FromStr;

use time::error::Parse;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// No field that this program writes is longer.
const LONGEST: usize = 4096;

/// The fields of one hash: text, each under its name. Every reading answers none where a field is not what it should be.
#[derive(Debug)]
pub(crate) struct Fields {
    names: &'static [&'static str],
    values: Vec<Option<String>>,
}

impl Fields {
    /// None where one of the values is too long or no text.
    pub(crate) fn new(names: &'static [&'static str], values: Vec<Option<Vec<u8>>>) -> Option<Self> {
        let text = |value: Vec<u8>| {
            let short = value.len() <= LONGEST;
            short.then(|| String::from_utf8(value).ok()).flatten()
        };
        let values = values.into_iter().map(|value| value.map_or(Some(None), |value| text(value).map(Some)));
        Some(Self { names, values: values.collect::<Option<_>>()? })
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let index = self.names.iter().position(|known| *known == name)?;
        self.values.get(index)?.as_deref()
    }

    pub(crate) fn parse<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    pub(crate) fn instant(&self, name: &str) -> Option<OffsetDateTime> {
        read(self.text(name)?).ok()
    }

    /// A field that may be absent, but not wrong.
    pub(crate) fn instant_if_any(&self, name: &str) -> Result<Option<OffsetDateTime>, Parse> {
        self.text(name).map(read).transpose()
    }
}

fn read(text: &str) -> Result<OffsetDateTime, Parse> {
    Ok(OffsetDateTime::parse(text, &Rfc3339)?.to_offset(UtcOffset::UTC))
}

/// An instant as text; none beyond the years that RFC 3339 can spell.
pub(crate) fn spell(instant: OffsetDateTime) -> Option<String> {
    instant.to_offset(UtcOffset::UTC).format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["a", "b"];

    fn fields(a: &[u8], b: Option<&[u8]>) -> Option<Fields> {
        Fields::new(NAMES, vec![Some(a.to_vec()), b.map(<[u8]>::to_vec)])
    }

    #[test]
    fn a_field_is_read_as_what_it_should_be_or_not_at_all() {
        let fields = fields(b"7", None).unwrap();
        assert_eq!(fields.parse::<u32>("a"), Some(7));
        assert_eq!(fields.instant("a"), None);
        assert_eq!(fields.parse::<u32>("b"), None);
        assert_eq!(fields.text("unknown"), None);
    }

    #[test]
    fn an_optional_instant_may_be_absent_but_not_wrong() {
        let read = |b| fields(b"", b).unwrap().instant_if_any("b").ok().map(|instant| instant.is_some());
        assert_eq!(read(None), Some(false));
        assert_eq!(read(Some(b"2026-03-03T14:00:00.5+02:00".as_slice())), Some(true));
        assert_eq!(read(Some(b"yesterday".as_slice())), None);
    }

    #[test]
    fn a_value_that_is_too_long_or_no_text_spoils_the_hash() {
        assert!(fields(&[b'x'; LONGEST], None).is_some());
        assert!(fields(&[b'x'; LONGEST + 1], None).is_none());
        assert!(fields(b"\xff", None).is_none());
    }
}
