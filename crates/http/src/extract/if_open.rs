//! Routes that a deployment may do without.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::error_code::ErrorCode;
use crate::openapi::{Asks, Sketch};
use crate::problem::Problem;
use crate::state;

/// Strangers may sign up. Where they may not, there is nothing at this address, whatever was sent to it.
pub(crate) struct IfOpen;

impl FromRequest for IfOpen {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let open = state::of(request).map(|state| state.services.register.open);
        ready(open.and_then(|open| if open { Ok(Self) } else { Err(Problem::new(ErrorCode::NotFound)) }))
    }
}

/// The documentation is shown. Where it is not, there is nothing at this address.
pub(crate) struct IfDocumented;

impl FromRequest for IfDocumented {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let shown = state::of(request).map(|state| state.documentation);
        ready(shown.and_then(|shown| if shown { Ok(Self) } else { Err(Problem::new(ErrorCode::NotFound)) }))
    }
}

impl Asks for IfDocumented {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.refuses(&[ErrorCode::NotFound]);
    }
}

impl Asks for IfOpen {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.refuses(&[ErrorCode::NotFound]);
    }
}
