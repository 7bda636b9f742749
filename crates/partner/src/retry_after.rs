//! `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

/// How long the partner asks to wait. A date is measured against the answer's own `Date`, so that two clocks that
/// disagree do no harm; without one it says nothing.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = text(headers, &RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse::<u32>() {
        return Some(Duration::seconds(seconds.into()));
    }
    let wait = date(asked)? - date(text(headers, &DATE)?)?;
    Some(wait.max(Duration::ZERO))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// An IMF-fixdate, the one form that HTTP still writes: 29 characters that are also a date of RFC 2822.
fn date(text: &str) -> Option<OffsetDateTime> {
    let text = Some(text).filter(|text| text.len() == 29 && text.ends_with(" GMT"))?;
    OffsetDateTime::parse(text, &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(asked: &'static str, date: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static(asked));
        date.map(|date| headers.insert(DATE, HeaderValue::from_static(date)));
        retry_after(&headers)
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
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
