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

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(header::IF_MATCH);
        ready(match (values.next(), values.next()) {
            (None, _) => Err(Problem::new(ErrorCode::PreconditionRequired)),
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(Self::read)
                .ok_or_else(|| Problem::new(ErrorCode::PreconditionFailed)),
            (Some(_), Some(_)) => Err(Problem::new(ErrorCode::PreconditionFailed)),
        })
    }
}

impl Asks for IfMatch {
    fn draw(sketch: &mut Sketch<'_>) {
        let tag = plain(json_schema!({ "type": "string", "examples": ["\"v3\"", "*"] }));
        sketch.header("If-Match", true, "The tag of what was read, or `*` for whatever there is.", tag);
        sketch.refuses(&[ErrorCode::PreconditionRequired, ErrorCode::PreconditionFailed]);
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
}
