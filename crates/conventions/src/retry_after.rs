//! `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

/// How long a peer asks to wait, by the header `Retry-After`. A date is measured against the answer's own `Date`, so that
/// two clocks that disagree do no harm; without one it says nothing.
pub fn retry_after(asked: Option<&str>, answered: Option<&str>) -> Option<Duration> {
    let asked = asked?.trim();
    if let Ok(seconds) = asked.parse::<u32>() {
        return Some(Duration::seconds(seconds.into()));
    }
    let wait = date(asked)? - date(answered?.trim())?;
    Some(wait.max(Duration::ZERO))
}

/// An IMF-fixdate, the one form that HTTP still writes: 29 characters that are also a date of RFC 2822.
fn date(text: &str) -> Option<OffsetDateTime> {
    let text = Some(text).filter(|text| text.len() == 29 && text.ends_with(" GMT"))?;
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(asked: &str, date: Option<&str>) -> Option<Duration> {
        retry_after(Some(asked), date)
    }

    #[test]
    fn seconds_are_seconds() {
        assert_eq!(read("120", None), Some(Duration::seconds(120)));
        assert_eq!(read(" 0 ", None), Some(Duration::ZERO));
    }

    #[test]
    fn a_date_is_measured_against_the_answers_own_date() {
        let noon = Some("Fri, 20 Nov 2026 12:00:00 GMT");
        assert_eq!(read("Fri, 20 Nov 2026 12:01:30 GMT", noon), Some(Duration::seconds(90)));
        assert_eq!(read("Fri, 20 Nov 2026 11:00:00 GMT", noon), Some(Duration::ZERO));
        assert_eq!(read("Fri, 20 Nov 2026 12:01:30 GMT", None), None);
    }

    #[test]
    fn nonsense_says_nothing() {
        for asked in ["", "soon", "-5", "1.5", "99999999999999999999", "Fri, 20 Nov 2026"] {
            assert_eq!(read(asked, Some("Fri, 20 Nov 2026 12:00:00 GMT")), None, "{asked}");
        }
        assert_eq!(retry_after(None, None), None);
    }
}
