//! A span's fields as JSON, written down once, when the span begins. Every request begins one, and most spans are never
//! shown, so this is done without a tree of values in between, which costs a tenth of a read.

use std::fmt::{self, Debug, Display, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, FormattedFields};

/// Writes one JSON object.
#[derive(Debug, Clone, Copy)]
pub(super) struct JsonObject;

impl<'w> FormatFields<'w> for JsonObject {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        writer.write_char('{')?;
        members(&mut writer, fields, true)?;
        writer.write_char('}')
    }

    /// Of a member that is there twice, readers take the last.
    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        if current.fields.pop().is_none() {
            return self.format_fields(current.as_writer(), fields);
        }
        let first = current.fields.ends_with('{');
        let mut writer = current.as_writer();
        members(&mut writer, fields, first)?;
        writer.write_char('}')
    }
}

fn members(writer: &mut Writer<'_>, fields: impl RecordFields, first: bool) -> fmt::Result {
    let mut members = Members { writer, first, outcome: Ok(()) };
    fields.record(&mut members);
    members.outcome
}

/// What is between the braces.
struct Members<'a, 'w> {
    writer: &'a mut Writer<'w>,
    first: bool,
    outcome: fmt::Result,
}

impl Members<'_, '_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let before = if std::mem::take(&mut self.first) { "\"" } else { ",\"" };
        let name = field.name();
        // Without a format, which costs as much as the rest.
        self.outcome = self
            .outcome
            .and_then(|()| self.writer.write_str(before))
            .and_then(|()| self.writer.write_str(name.strip_prefix("r#").unwrap_or(name)))
            .and_then(|()| self.writer.write_str("\":"))
            .and_then(|()| value(self.writer));
    }

    fn plain(&mut self, field: &Field, value: impl Display) {
        self.member(field, |writer| write!(writer, "{value}"));
    }
}

impl Visit for Members<'_, '_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |writer| {
            writer.write_char('"')?;
            Escaped(writer).write_str(value)?;
            writer.write_char('"')
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, |writer| {
            writer.write_char('"')?;
            write!(Escaped(writer), "{value:?}")?;
            writer.write_char('"')
        });
    }
}

/// The inside of a JSON string (RFC 8259, section 7).
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
            return self.0.write_str(text);
        }
        let harmful = |character: char| character < ' ' || matches!(character, '"' | '\\');
        let mut rest = text;
        while let Some((before, from)) = rest.find(harmful).and_then(|place| rest.split_at_checked(place)) {
            let mut characters = from.chars();
            let character = characters.next().map_or(0, u32::from);
            self.0.write_str(before)?;
            write!(self.0, "\\u{character:04x}")?;
            rest = characters.as_str();
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tracing::Span;
    use tracing::field::Empty;
    use tracing::subscriber::with_default;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry::LookupSpan;
    use tracing_subscriber::{Registry, fmt, registry};

    use super::*;

    /// What is written down of a span.
    fn written(make: impl FnOnce() -> Span) -> Value {
        let lines = fmt::layer().json().fmt_fields(JsonObject).with_writer(std::io::sink);
        with_default(registry().with(lines), || {
            let span = make();
            let text = span.with_subscriber(|(id, dispatch)| {
                let registry = dispatch.downcast_ref::<Registry>().unwrap();
                let fields = registry.span(id).unwrap();
                let extensions = fields.extensions();
                extensions.get::<FormattedFields<JsonObject>>().unwrap().fields.clone()
            });
            serde_json::from_str(&text.unwrap()).unwrap()
        })
    }

    #[test]
    fn fields_are_members_of_an_object() {
        let span = || {
            tracing::info_span!(
                "s",
                request.id = "r-1",
                trace.id = display("t"),
                count = 3_u64,
                below = -3_i64,
                yes = true,
                later = Empty
            )
        };
        let expected = json!({"request.id": "r-1", "trace.id": "t", "count": 3, "below": -3, "yes": true});
        assert_eq!(written(span), expected);
        assert_eq!(written(|| tracing::info_span!("s")), json!({}));
    }

    #[test]
    fn whatever_is_in_a_text_stays_in_it() {
        let hostile = "a \"quoted\" \\ path\r\n\u{1b}[2J\u{7f}é\u{2028}{}";
        let span = || tracing::info_span!("s", plain = hostile, shown = display(hostile), debugged = ?"x\"y");
        let expected = json!({"plain": hostile, "shown": hostile, "debugged": "\"x\\\"y\""});
        assert_eq!(written(span), expected);
    }

    #[test]
    fn what_becomes_known_later_is_added() {
        let span = || {
            let span = tracing::info_span!("s", one = 1_u64, two = Empty, three = Empty);
            span.record("two", "2").record("three", 3_u64);
            span
        };
        assert_eq!(written(span), json!({"one": 1, "two": "2", "three": 3}));
        let span = || {
            let span = tracing::info_span!("s", one = Empty);
            span.record("one", 1_u64);
            span
        };
        assert_eq!(written(span), json!({"one": 1}));
    }
}
