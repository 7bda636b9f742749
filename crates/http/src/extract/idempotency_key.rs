//! The client's name for a request that moves money.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use offers_domain::idempotency::IdempotencyKey;

use crate::error_code::ErrorCode;
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
