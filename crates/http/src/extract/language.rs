//! The language that a client asks for.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use offers_domain::user::Locale;
use schemars::json_schema;

use crate::language;
use crate::openapi::{Asks, Sketch, plain};

/// The one of our languages that the client likes best; none where it names none of them.
pub(crate) struct AskedLanguage(pub(crate) Option<Locale>);

impl FromRequest for AskedLanguage {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(language::asked_for(request.headers()))))
    }
}

impl Asks for AskedLanguage {
    fn draw(sketch: &mut Sketch<'_>) {
        let list = plain(json_schema!({ "type": "string", "examples": ["fr, en;q=0.5"] }));
        sketch.header(
            "Accept-Language",
            false,
            "The languages that the client likes, of `en` and `fr`.",
            list,
        );
    }
}
