//! JSON bodies: bounded in size, depth and time, and read strictly.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error_code::ErrorCode;
use crate::fields;
use crate::json::{Json, Malformed};
use crate::openapi::{Asks, Sketch};
use crate::problem::Problem;

/// How long a body may take to arrive.
pub(crate) const ARRIVES_WITHIN: Duration = Duration::from_secs(10);
/// How large a body may be where nothing else is said.
const LIMIT: usize = 16 * 1024;

/// A body of at most `MAX` bytes: the request, and the JSON that it was read from.
pub(crate) struct Body<T, const MAX: usize = LIMIT> {
    pub(crate) value: T,
    pub(crate) json: Json,
}

impl<T: DeserializeOwned + 'static, const MAX: usize> FromRequest for Body<T, MAX> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = raw(request, payload, MAX);
        Box::pin(async move {
            let json = parse(&bytes.await?)?;
            let value = fields::read(&json, "")?;
            Ok(Self { value, json })
        })
    }
}

impl<T: JsonSchema, const MAX: usize> Asks for Body<T, MAX> {
    fn draw(sketch: &mut Sketch<'_>) {
        sketch.body::<T>();
        sketch.refuses(&[ErrorCode::ValidationFailed]);
        draw_raw(sketch);
    }
}

/// Draws what may be wrong with a body before it is read.
pub(super) fn draw_raw(sketch: &mut Sketch<'_>) {
    sketch.refuses(&[
        ErrorCode::MalformedRequest,
        ErrorCode::MalformedJson,
        ErrorCode::RequestTimeout,
        ErrorCode::PayloadTooLarge,
        ErrorCode::UnsupportedMediaType,
    ]);
}

/// The bytes of a JSON body, once they are all there.
pub(super) fn raw(
    request: &HttpRequest,
    payload: &mut Payload,
    max: usize,
) -> impl Future<Output = Result<Vec<u8>, Problem>> + use<> {
    let acceptable = check_headers(request.headers(), max);
    let payload = payload.take();
    async move {
        acceptable?;
        let bytes = timeout(ARRIVES_WITHIN, collect(payload, max)).await;
        bytes.map_err(|_| Problem::new(ErrorCode::RequestTimeout))?
    }
}

/// Refuses by the headers alone, before a byte of the body is waited for.
fn check_headers(headers: &HeaderMap, max: usize) -> Result<(), Problem> {
    let encoded = headers.get_all(header::CONTENT_ENCODING).any(|value| value != "identity");
    let mut types = headers.get_all(header::CONTENT_TYPE);
    let json = match (types.next(), types.next()) {
        (Some(value), None) => value.to_str().is_ok_and(is_json),
        _ => false,
    };
    if encoded || !json {
        return Err(Problem::new(ErrorCode::UnsupportedMediaType));
    }
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length.map(usize::try_from) {
        Some(Ok(length)) if length <= max => Ok(()),
        None => Ok(()),
        Some(_) => Err(too_large(max)),
    }
}

/// `application/json`, in UTF-8 where a charset is given.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    essence
        && parts.all(|parameter| {
            let parameter = parameter.to_ascii_lowercase();
            parameter.strip_prefix("charset=").is_none_or(|charset| charset.trim_matches('"') == "utf-8")
        })
}

async fn collect(mut payload: Payload, max: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Overflow => too_large(max),
            _ => Problem::new(ErrorCode::MalformedRequest).detail("The body could not be read to its end."),
        })?;
        if bytes.len().saturating_add(chunk.len()) > max {
            return Err(too_large(max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large(max: usize) -> Problem {
    Problem::new(ErrorCode::PayloadTooLarge).detail(format!("The body may have at most {max} bytes."))
}

fn parse(bytes: &[u8]) -> Result<Json, Problem> {
    let malformed = Problem::new(ErrorCode::MalformedJson);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(malformed.detail("The body is empty."));
    }
    Json::parse(bytes).map_err(|Malformed { line, column }| {
        malformed.detail(format!(
            "The body is not JSON in UTF-8, or is nested more than 32 levels deep: line {line}, column {column}."
        ))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;
    use serde_json::Value;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let request = TestRequest::post().insert_header((header::CONTENT_TYPE, "application/json"));
        let mut payload = Payload::Stream { payload: stream::pending().boxed_local() };
        let body = Body::<Value>::from_request(&request.to_http_request(), &mut payload).await;
        assert_eq!(body.err().map(|problem| problem.to_string()).as_deref(), Some("request_timeout"));
    }

    #[test]
    fn a_length_that_is_too_large_is_refused_before_the_body_comes() {
        for (length, code) in [("4", None), ("5", Some("payload_too_large"))] {
            let request = TestRequest::post()
                .insert_header((header::CONTENT_TYPE, "application/json"))
                .insert_header((header::CONTENT_LENGTH, length));
            let refusal = check_headers(request.to_http_request().headers(), 4).err();
            assert_eq!(refusal.map(|problem| problem.to_string()).as_deref(), code, "{length}");
        }
    }

    #[test]
    fn json_is_json_in_any_case_and_with_its_charset() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; profile=x",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=latin1",
            "application/*",
            "application/problem+json",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
