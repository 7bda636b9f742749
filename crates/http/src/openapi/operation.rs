//! One operation of the contract: a row of the route table, its handler's signature, and the words about it.

use actix_web::Route;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{Required, Response, ResponseBuilder};

use super::shapes::Shapes;
use super::sketch::{Drawn, Sketch};
use super::words::Words;
use super::{refusals, security};
use crate::error_code::ErrorCode;
use crate::limits::Limit;
use crate::routes::Endpoint;

/// A handler with all that is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Handler {
    /// Its path among the handlers.
    pub(crate) name: &'static str,
    /// Gives it a route.
    pub(crate) serve: fn(Route) -> Route,
    /// Draws its signature.
    pub(crate) draw: fn(&mut Sketch<'_>),
    /// What there is to say about it.
    pub(crate) words: fn() -> Words,
}

/// `to!(auth::login)`: the handler of this name, with the words of this name. One without words does not compile.
macro_rules! to {
    ($($part:ident)::+) => {
        $crate::openapi::Handler {
            name: stringify!($($part)::+),
            serve: |route| route.to($crate::handlers::$($part)::+),
            draw: |sketch| $crate::openapi::draw($crate::handlers::$($part)::+, sketch),
            words: $crate::openapi::words::$($part)::+,
        }
    };
}
pub(crate) use to;

/// Describes what answers at a row of the table.
pub(super) fn of(endpoint: &Endpoint, shapes: &mut Shapes) -> Operation {
    let words = (endpoint.handler.words)();
    let mut sketch = Sketch::new(shapes);
    sketch.refuses(security::refusals(endpoint.access));
    sketch.refuses(&always(endpoint));
    sketch.refuses(words.refuses);
    (endpoint.handler.draw)(&mut sketch);
    for (name, about, shape) in words.sends {
        sketch.sends(name, about, &super::plain(shape()));
    }
    let Sketch { parameters, body, answers, refusals, signed_in_if_known, .. } = sketch;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(name(endpoint.handler.name)))
        .tag(words.tag.name())
        .summary(Some(words.summary))
        .description(Some(words.description).filter(|text| !text.is_empty()))
        .securities(Some(security::requirements(endpoint.access, signed_in_if_known)));
    for parameter in parameters {
        operation = operation.parameter(parameter);
    }
    if let Some(shape) = body {
        let content = ContentBuilder::new().schema(Some(shape)).example(words.asks);
        let body = RequestBodyBuilder::new().required(Some(Required::True));
        operation = operation.request_body(Some(body.content("application/json", content.build()).build()));
    }
    for answer in answers {
        operation = operation.response(answer.status.to_string(), shown(answer, words.answers.as_ref()));
    }
    for (status, answer) in refusals::answers(&refusals) {
        operation = operation.response(status, answer);
    }
    operation.build()
}

/// The handler's path as one word.
fn name(path: &str) -> String {
    path.split("::").map(str::trim).collect::<Vec<_>>().join("_")
}

fn shown(drawn: Drawn, example: Option<&Value>) -> Response {
    let about = match drawn.status {
        201 => "Created",
        202 => "Accepted",
        204 => "Done",
        304 => "Not modified: the client has this state",
        _ => "Success",
    };
    let answer = ResponseBuilder::new().description(about);
    let answer = drawn.headers.into_iter().fold(answer, |answer, (name, header)| answer.header(name, header));
    match drawn.body {
        None => answer.build(),
        Some((media_type, shape)) => {
            let content = ContentBuilder::new().schema(Some(shape)).example(example.cloned());
            answer.content(media_type, content.build()).build()
        }
    }
}

/// What any request may be answered: what happens around the handler refuses, too.
fn always(endpoint: &Endpoint) -> Vec<ErrorCode> {
    use ErrorCode::{InternalError, Overloaded, ServiceUnavailable, UriTooLong};
    let mut codes = vec![UriTooLong, InternalError, ServiceUnavailable, Overloaded];
    if endpoint.limit != Limit::None {
        codes.push(ErrorCode::RateLimited);
    }
    if endpoint.method() != HttpMethod::Get {
        codes.push(ErrorCode::OutcomeUnknown);
    }
    codes
}
