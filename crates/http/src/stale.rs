//! Answers from before the store went away: `Age` (RFC 9111, section 5.1) and `Warning` (RFC 7234, section 5.5).

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use offers_application::fallback::Known;
use serde::Serialize;

use crate::etag;
use crate::problem::Problem;

const STALE: HeaderValue = HeaderValue::from_static("110 - \"Response is Stale\"");

/// A body that says that it may not be true any more.
#[derive(Serialize)]
struct Marked<T> {
    #[serde(flatten)]
    body: T,
    stale: bool,
}

/// Shows a body with its tag; one that is stale is marked so, in its headers and in itself.
pub(crate) fn shown(request: &HttpRequest, known: Known<impl Serialize>) -> Result<HttpResponse, Problem> {
    let Known { value: body, stale } = known;
    let Some(age) = stale else { return etag::tagged_json(request, &body) };
    let mut response = etag::tagged_json(request, &Marked { body, stale: true })?;
    mark(&mut response, age);
    Ok(response)
}

/// The answer with a body from before, which is marked in its headers and in itself.
pub(crate) fn json(body: impl Serialize, age: time::Duration) -> HttpResponse {
    let mut response = HttpResponse::Ok().json(Marked { body, stale: true });
    mark(&mut response, age);
    response
}

/// Says in its headers that an answer is stale.
fn mark(response: &mut HttpResponse, age: time::Duration) {
    let headers = response.headers_mut();
    headers.insert(header::WARNING, STALE);
    headers.insert(header::AGE, HeaderValue::from(age.whole_seconds()));
}
