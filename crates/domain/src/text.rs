//! Text that came from outside, made safe to keep.

use thiserror::Error;

/// A text that is none of an enum's spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not one of the known values")]
pub struct UnknownSpelling;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// More characters than the field allows.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// NUL or another control character: PostgreSQL refuses what SQLite takes, so neither sees it.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A shape that the field does not have.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Accepts `text` with 1 to `max` characters and no control characters; line breaks count as control characters.
pub fn line(text: &str, max: usize) -> Result<String, TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    bounded(text, max, char::is_control)
}

/// Like [`line()`], but may be empty and may hold line breaks and tabs.
pub fn paragraph(text: &str, max: usize) -> Result<String, TextError> {
    bounded(text, max, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn bounded(text: &str, max: usize, refused: impl Fn(char) -> bool) -> Result<String, TextError> {
    if text.chars().any(refused) {
        return Err(TextError::ControlCharacter);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_characters_and_no_controls() {
        assert_eq!(line("Fibre 1 Gb/s", 100).as_deref(), Ok("Fibre 1 Gb/s"));
        assert_eq!(line("  ", 100), Err(TextError::Empty));
        assert_eq!(line("a\0b", 100), Err(TextError::ControlCharacter));
        assert_eq!(line("a\nb", 100), Err(TextError::ControlCharacter));
        assert_eq!(line(&"é".repeat(101), 100), Err(TextError::TooLong(100)));
        assert!(line(&"é".repeat(100), 100).is_ok());
    }

    #[test]
    fn a_paragraph_may_be_empty_and_break_lines() {
        assert!(paragraph("", 10).is_ok());
        assert!(paragraph("a\nb\tc", 10).is_ok());
        assert_eq!(paragraph("a\u{7}b", 10), Err(TextError::ControlCharacter));
    }
}
