//! Lines as they are written: one event is one line of bounded length, and no byte in it moves a cursor or ends it early.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

/// The longest line, in bytes, with its end.
pub(super) const LONGEST: usize = 8 * 1024;
/// What a text of a line that was too long may keep; then less, until the line fits.
const CUTS: [usize; 3] = [1024, 256, 32];
/// What stands where something was cut off.
const CUT: &str = "…";

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// One JSON object each.
    Json,
    /// For people.
    Text {
        /// With the terminal's colours.
        colours: bool,
    },
}

/// Makes writers that pass on whole lines.
pub(super) struct Lines<E> {
    pub(super) style: Style,
    /// Opens the place where they go.
    pub(super) end: E,
}

impl<'a, E, W> MakeWriter<'a> for Lines<E>
where
    E: Fn() -> W,
    W: Write,
{
    type Writer = Line<W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { style: self.style, end: (self.end)() }
    }
}

/// Writes one line, which comes in one piece.
pub(super) struct Line<W> {
    style: Style,
    end: W,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let mut line = match self.style {
            Style::Json => bounded_json(&plain(text, false)).into_owned(),
            Style::Text { colours } => cut(&plain(text, colours), LONGEST - CUT.len() - 1).into_owned(),
        };
        line.push('\n');
        self.end.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end.flush()
    }
}

/// Without characters that control terminals or end lines, but for the escapes that begin colours. JSON has escaped
/// some of them already.
fn plain(text: &str, colours: bool) -> Cow<'_, str> {
    let harmful = |character: char| {
        (character.is_control() && !(colours && character == '\u{1b}'))
            || matches!(character, '\u{2028}' | '\u{2029}')
    };
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            // As JSON spells it; writing into a string cannot fail.
            let _ = write!(plain, "\\u{:04x}", u32::from(character));
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

/// The first bytes of a text that is longer than `most`, and a sign that there was more.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(most);
    Cow::Owned(format!("{}{CUT}", text.get(..end).unwrap_or_default()))
}

/// The same event with shorter texts, if it is too long. What then still is too long has too many parts: its first words
/// alone are kept.
fn bounded_json(line: &str) -> Cow<'_, str> {
    if line.len() < LONGEST {
        return Cow::Borrowed(line);
    }
    for most in CUTS {
        if let Ok(mut event) = serde_json::from_str::<Value>(line) {
            shorten(&mut event, most);
            let shorter = event.to_string();
            if shorter.len() < LONGEST {
                return Cow::Owned(shorter);
            }
        }
    }
    let message = "a log line was too long";
    let begin = cut(line, CUTS[1]);
    Cow::Owned(serde_json::json!({"level": "WARN", "message": message, "begins": begin}).to_string())
}

fn shorten(value: &mut Value, most: usize) {
    match value {
        Value::String(text) => *text = cut(text, most).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(|value| shorten(value, most)),
        Value::Object(members) => members.values_mut().for_each(|value| shorten(value, most)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of one event with this field.
    fn written(style: Style, field: &str) -> String {
        let page = Page::default();
        let end = page.clone();
        let builder = tracing_subscriber::fmt().with_writer(Lines { style, end: move || end.clone() });
        let log = || tracing::info!(field, "something happened");
        match style {
            Style::Json => with_default(builder.json().flatten_event(true).finish(), log),
            Style::Text { colours } => with_default(builder.with_ansi(colours).finish(), log),
        }
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    const STYLES: [Style; 3] = [Style::Json, Style::Text { colours: false }, Style::Text { colours: true }];

    #[test]
    fn an_event_is_one_line_whatever_its_fields_hold() {
        for style in STYLES {
            let line = written(style, "a\nb\r\u{7f}\u{9b}2J\u{2028}\u{0}c");
            assert_eq!(line.matches('\n').count(), 1, "{line:?}");
            assert!(line.ends_with('\n') && line.contains("something happened"), "{line:?}");
            let left: Vec<_> = line
                .trim_end()
                .chars()
                .filter(|c| c.is_control() && *c != '\u{1b}' || *c == '\u{2028}')
                .collect();
            assert!(left.is_empty(), "{left:?} in {line:?}");
        }
    }

    #[test]
    fn a_line_has_8_kib_at_most_and_stays_what_it_is() {
        for style in STYLES {
            for field in ["é".repeat(50_000), "\u{1}".repeat(50_000)] {
                let line = written(style, &field);
                assert!(line.len() <= LONGEST, "{} bytes", line.len());
                assert!(line.ends_with('\n') && line.contains("something happened"), "{line}");
            }
        }
        let event: Value = serde_json::from_str(&written(Style::Json, &"x".repeat(50_000))).unwrap();
        assert_eq!(event["level"], "INFO");
        assert_eq!(event["field"].as_str().map(str::len), Some(1024 + CUT.len()));
    }

    #[test]
    fn an_event_with_too_many_parts_is_cut_down_to_its_beginning() {
        let many: serde_json::Map<_, _> =
            (0..2000).map(|number| (number.to_string(), Value::from("x"))).collect();
        let line = bounded_json(&Value::from(many).to_string()).into_owned();
        assert!(line.len() < LONGEST && line.contains("too long"), "{line}");
    }
}
