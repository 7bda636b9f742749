//! Query parameters, read as strictly as a body: unknown, repeated and invalid ones are refused.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::error_code::ErrorCode;
use crate::fields;
use crate::json::Json;
use crate::openapi::{Asks, Sketch};
use crate::problem::Problem;

/// The parameters, as a `T`.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parameters = parameters(request.query_string())
            .ok_or_else(|| Problem::new(ErrorCode::MalformedRequest).detail("The query is not UTF-8."));
        ready(parameters.and_then(|json| fields::read(&json, "/query")).map(Self))
    }
}

impl<T: JsonSchema> Asks for Query<T> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.query::<T>();
        sketch.refuses(&[ErrorCode::MalformedRequest, ErrorCode::ValidationFailed]);
    }
}

/// The parameters as an object of texts; none where they are not UTF-8.
fn parameters(query: &str) -> Option<Json> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let fields = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name)?, Json::Text(decode(value)?)))
    });
    fields.collect::<Option<_>>().map(Json::Object)
}

fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Json {
        Json::Text(value.into())
    }

    #[test]
    fn parameters_are_decoded_once() {
        let Some(Json::Object(fields)) = parameters("q=a+b%2B%2541&&empty=&bare") else {
            panic!("no object")
        };
        let expected = [("q", "a b+%41"), ("empty", ""), ("bare", "")];
        assert_eq!(fields, expected.map(|(name, value)| (name.into(), text(value))));
    }

    #[test]
    fn parameters_that_are_not_utf_8_are_refused() {
        assert_eq!(parameters("q=%ff"), None);
        assert_eq!(parameters("%c3%28=1"), None);
    }
}
