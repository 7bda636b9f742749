//! The request's place in a trace.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use offers_domain::trace::TraceContext;

use crate::error_code::ErrorCode;
use crate::openapi::{Asks, Sketch};
use crate::problem::Problem;

/// Where the request stands. The middleware has given every request a place.
pub(crate) struct Trace(pub(crate) TraceContext);

impl FromRequest for Trace {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let place = request.extensions().get::<TraceContext>().copied();
        ready(place.map(Self).ok_or_else(|| Problem::new(ErrorCode::InternalError)))
    }
}

impl Asks for Trace {
    fn draw(_: &mut Sketch<'_>) {}
}
