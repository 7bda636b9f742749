//! The client's name for a request that moves money.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use offers_domain::idempotency::IdempotencyKey;
use schemars::json_schema;

use crate::error_code::ErrorCode;
use crate::openapi::{Asks, Sketch, plain};
use crate::problem::Problem;

/// The `Idempotency-Key` header, if it was sent.
pub(crate) struct OptionalKey(pub(crate) Option<IdempotencyKey>);

impl FromRequest for OptionalKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all("idempotency-key");
        let key = match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(|text| IdempotencyKey::try_new(text).ok())
                .map(|key| Self(Some(key)))
                .ok_or(()),
            (Some(_), Some(_)) => Err(()),
        };
        ready(key.map_err(|()| Problem::new(ErrorCode::InvalidIdempotencyKey)))
    }
}

/// The `Idempotency-Key` header of a request that must have one.
pub(crate) struct RequiredKey(pub(crate) IdempotencyKey);

impl FromRequest for RequiredKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = OptionalKey::from_request(request, payload).into_inner();
        ready(key.and_then(|OptionalKey(key)| {
            key.map(Self).ok_or_else(|| Problem::new(ErrorCode::IdempotencyKeyRequired))
        }))
    }
}

impl Asks for OptionalKey {
    fn draw(sketch: &mut Sketch<'_>) {
        draw(sketch, false);
    }
}

impl Asks for RequiredKey {
    fn draw(sketch: &mut Sketch<'_>) {
        draw(sketch, true);
        sketch.refuses(&[ErrorCode::IdempotencyKeyRequired]);
    }
}

fn draw(sketch: &mut Sketch<'_>, required: bool) {
    let about = "The client's name for this request: sent again with it, it has one effect and one answer, for 72 hours.";
    let printable = json_schema!({
        "type": "string",
        "minLength": 16,
        "maxLength": 255,
        "pattern": "^[ -~]+$",
        "examples": ["my-first-order-0001"],
    });
    sketch.header("Idempotency-Key", required, about, plain(printable));
    sketch.refuses(&[ErrorCode::InvalidIdempotencyKey, ErrorCode::IdempotencyKeyReused]);
}
