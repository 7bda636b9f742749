//! Entity tags (RFC 9110, section 8.8.3): a client that has the current state is told so instead of getting it again.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::json_schema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error_code::ErrorCode;
use crate::openapi::{Sketch, plain};
use crate::problem::Problem;

/// A strong entity tag, with its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag(String);

impl ETag {
    /// The tag of these bytes.
    pub(crate) fn of_body(body: &[u8]) -> Self {
        let digest = Sha256::digest(body);
        let half = digest.get(..16).unwrap_or(&digest);
        Self(format!("\"{}\"", URL_SAFE_NO_PAD.encode(half)))
    }

    /// The tag of something that counts its versions.
    pub(crate) fn of_version(version: u32) -> Self {
        Self(format!("\"v{version}\""))
    }

    /// The tag of something that is told apart by these parts, none of which has a line break.
    pub(crate) fn of_parts(parts: &[&str]) -> Self {
        Self::of_body(parts.join("\n").as_bytes())
    }

    /// The tag with this text.
    pub(crate) fn of_text(text: String) -> Self {
        Self(text)
    }

    /// Its text, with the quotes.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// The answer with this tag.
    pub(crate) fn with(&self, mut response: HttpResponse) -> HttpResponse {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::ETAG, value);
        }
        response
    }

    /// The problem with this tag: what there is instead.
    pub(crate) fn on(&self, problem: Problem) -> Problem {
        match HeaderValue::from_str(&self.0) {
            Ok(value) => problem.header(header::ETAG, value),
            Err(_) => problem,
        }
    }

    /// Whether the client says that it has this state: weak comparison, as `If-None-Match` asks for.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        known_tags(headers).any(|tag| tag == "*" || tag == self.0)
    }
}

/// Draws the tag of the answers drawn so far.
pub(crate) fn draw(sketch: &mut Sketch<'_>) {
    let tag = plain(json_schema!({ "type": "string", "examples": ["\"v3\""] }));
    sketch.sends("ETag", "The tag of this state.", &tag);
}

/// The version that the client says it has, if it names exactly one.
pub(crate) fn known_version(headers: &HeaderMap) -> Option<u32> {
    let mut versions =
        known_tags(headers).filter_map(|tag| tag.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok());
    versions.next().filter(|_| versions.next().is_none())
}

/// A tag cannot hold a comma of ours, so that splitting at commas finds every tag that could match.
fn known_tags(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .map(|tag| tag.strip_prefix("W/").unwrap_or(tag))
}

/// Answers with `response`, or with 304 where the client has this state.
pub(crate) fn conditional(request: &HttpRequest, tag: &ETag, mut response: HttpResponse) -> HttpResponse {
    if tag.is_known(request.headers()) {
        response = HttpResponse::NotModified().finish();
    }
    tag.with(response)
}

/// Answers with `body` as JSON, tagged by its bytes.
pub(crate) fn tagged_json(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_string(body).map_err(|_| Problem::new(ErrorCode::InternalError))?;
    let tag = ETag::of_body(body.as_bytes());
    Ok(conditional(request, &tag, HttpResponse::Ok().content_type("application/json").body(body)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asking(values: &[&str]) -> HttpRequest {
        let request = values.iter().fold(TestRequest::default(), |request, value| {
            request.append_header((header::IF_NONE_MATCH, *value))
        });
        request.to_http_request()
    }

    #[test]
    fn a_client_that_has_the_state_is_told_so() {
        let tag = ETag::of_version(3);
        for known in
            [&["\"v3\""][..], &["W/\"v3\""], &["*"], &["\"x\", \"v3\""], &["\"x\"", "W/\"y\",\"v3\""]]
        {
            let response = conditional(&asking(known), &tag, HttpResponse::Ok().finish());
            assert_eq!(response.status(), 304, "{known:?}");
            assert_eq!(response.headers().get(header::ETAG).unwrap(), "\"v3\"");
        }
    }

    #[test]
    fn any_other_client_gets_the_state() {
        let tag = ETag::of_version(3);
        for known in [&[][..], &["\"v2\""], &["v3"], &["\"v33\""], &["\"x,y\""], &["\"\u{e9}\""]] {
            let response = conditional(&asking(known), &tag, HttpResponse::Ok().finish());
            assert_eq!(response.status(), 200, "{known:?}");
        }
    }

    #[test]
    fn a_version_is_known_where_exactly_one_is_named() {
        for (known, version) in [
            (&["\"v7\""][..], Some(7)),
            (&["W/\"v7\", \"other\""], Some(7)),
            (&["\"v7\", \"v8\""], None),
            (&["*"], None),
            (&["\"v\""], None),
            (&["\"v99999999999\""], None),
            (&[], None),
        ] {
            assert_eq!(known_version(asking(known).headers()), version, "{known:?}");
        }
    }

    #[test]
    fn equal_bodies_have_equal_tags() {
        assert_eq!(ETag::of_body(b"a"), ETag::of_body(b"a"));
        assert_ne!(ETag::of_body(b"a"), ETag::of_body(b"b"));
    }
}
