//! Where a client's stream of events was cut (WHATWG HTML, section 9.2.4).

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use schemars::json_schema;

use crate::event_stream;
use crate::openapi::{Asks, Sketch, plain};

/// The number of the last event that the client has had, if it says one.
pub(crate) struct LastEventId(pub(crate) Option<u32>);

impl FromRequest for LastEventId {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(event_stream::last_event_id(request.headers()))))
    }
}

impl Asks for LastEventId {
    fn draw(sketch: &mut Sketch<'_>) {
        let number = plain(json_schema!({ "type": "string", "examples": ["2"] }));
        let about = "The `id` of the last event that the client has had; what is no number counts as none.";
        sketch.header("Last-Event-ID", false, about, number);
    }
}
