//! The version that a change was made for (RFC 9110, section 13.1.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use schemars::json_schema;

use crate::dto::text::canonical;
use crate::error_code::ErrorCode;
use crate::openapi::{Asks, Sketch, plain};
use crate::problem::Problem;

/// The `If-Match` header, which a change must have: one version, or `*` for whatever there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) Option<u32>);

/// The `If-Match` header of what counts no versions: the tag that was read, or `*` for whatever there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IfUnchanged(pub(crate) Option<String>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(named(request, Self::read))
    }
}

impl FromRequest for IfUnchanged {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(named(request, Self::read))
    }
}

/// What the one header names; a change without it is not made, and one that names nothing of ours names nothing that is so.
fn named<T>(request: &HttpRequest, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Problem> {
    let mut values = request.headers().get_all(header::IF_MATCH);
    let tag = match (values.next(), values.next()) {
        (None, _) => return Err(Problem::new(ErrorCode::PreconditionRequired)),
        (Some(value), None) => value.to_str().ok().and_then(read),
        (Some(_), Some(_)) => None,
    };
    tag.ok_or_else(|| Problem::new(ErrorCode::PreconditionFailed))
}

impl Asks for IfMatch {
    fn draw(sketch: &mut Sketch<'_>) {
        draw(sketch, "\"v3\"");
    }
}

impl Asks for IfUnchanged {
    fn draw(sketch: &mut Sketch<'_>) {
        draw(sketch, "\"fTmyJ0BN4uUz3zKxkBR6tA\"");
    }
}

fn draw(sketch: &mut Sketch<'_>, example: &str) {
    let tag = plain(json_schema!({ "type": "string", "examples": [example, "*"] }));
    sketch.header("If-Match", true, "The tag of what was read, or `*` for whatever there is.", tag);
    sketch.refuses(&[ErrorCode::PreconditionRequired, ErrorCode::PreconditionFailed]);
}

impl IfUnchanged {
    /// One strong tag; a weak one matches nothing here.
    fn read(tag: &str) -> Option<Self> {
        if tag == "*" {
            return Some(Self(None));
        }
        let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
        (!inner.is_empty() && !inner.contains('"')).then(|| Self(Some(tag.to_owned())))
    }
}

impl IfMatch {
    /// A tag of ours; no other one can match. Tags are compared strongly here, so a weak one does not match either.
    fn read(tag: &str) -> Option<Self> {
        if tag == "*" {
            return Some(Self(None));
        }
        canonical(tag.strip_prefix("\"v")?.strip_suffix('"')?).map(|version| Self(Some(version)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_one_version_or_any() {
        assert_eq!(IfMatch::read("\"v7\""), Some(IfMatch(Some(7))));
        assert_eq!(IfMatch::read("*"), Some(IfMatch(None)));
        for other in ["", "v7", "\"v07\"", "W/\"v7\"", "\"v7\", \"v8\"", "\"x\""] {
            assert_eq!(IfMatch::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_change_of_what_counts_no_versions_names_one_tag_or_any() {
        assert_eq!(IfUnchanged::read("\"abc\""), Some(IfUnchanged(Some("\"abc\"".into()))));
        assert_eq!(IfUnchanged::read("*"), Some(IfUnchanged(None)));
        for other in ["", "abc", "\"\"", "\"", "W/\"abc\"", "\"abc\", \"def\""] {
            assert_eq!(IfUnchanged::read(other), None, "{other}");
        }
    }
}
