//! The language that a client asks for (RFC 9110, section 12.5.4).

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use offers_domain::user::Locale;

/// Of the languages that we have, the one that the client likes best; none where it names none of them.
pub(crate) fn asked_for(headers: &HeaderMap) -> Option<Locale> {
    let lists = headers.get_all(header::ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok());
    let known = lists.flat_map(|list| list.split(',')).filter_map(liked);
    let best = known.fold(None, |best, next| match best {
        Some((_, quality)) if quality >= next.1 => best,
        _ => Some(next),
    });
    best.map(|(locale, _)| locale)
}

/// Says in which language an answer is, and that it depends on what the client asks for.
pub(crate) fn mark(headers: &mut HeaderMap, locale: Locale) {
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.as_str()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
}

/// One of ours, and how much it is liked.
fn liked(range: &str) -> Option<(Locale, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let locale = parts.next()?.split('-').next()?.to_ascii_lowercase().parse().ok()?;
    let quality =
        parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |text| text.parse().ok())?;
    (quality > 0.0).then_some((locale, quality))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_best_liked_of_our_languages_is_chosen() {
        for (list, expected) in [
            ("fr", Some(Locale::Fr)),
            ("FR-be", Some(Locale::Fr)),
            ("de, fr;q=0.8, en;q=0.9", Some(Locale::En)),
            ("fr;q=0.5, en;q=0.5", Some(Locale::Fr)),
            ("en;q=0, fr;q=0.1", Some(Locale::Fr)),
            ("de", None),
            ("*", None),
            ("fr;q=much", None),
            ("fr;q=NaN", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(list));
            assert_eq!(asked_for(&headers), expected, "{list}");
        }
        assert_eq!(asked_for(&HeaderMap::new()), None);
    }
}
