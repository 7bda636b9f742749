//! Every request is a step of a trace (W3C Trace Context), which the client may have begun.

use std::sync::Arc;

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use offers_domain::ports::IdSource;
use offers_domain::trace::{SpanId, TraceContext};

use super::Answer;

/// Where the client stands in its trace.
const PARENT: HeaderName = HeaderName::from_static("traceparent");
/// Where its request stood in it, as the recommendation's second level calls the header.
const RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// The client's step, which the request's own follows.
#[derive(Clone, Copy)]
pub(crate) struct Parent(pub(crate) SpanId);

/// The trace that the client gave, if it gave one good one.
fn given(headers: &HeaderMap) -> Option<TraceContext> {
    let mut values = headers.get_all(&PARENT);
    let context = values.next()?.to_str().ok()?.parse().ok()?;
    values.next().is_none().then_some(context)
}

/// Joins the client's trace, or begins one, and tells the answer which.
pub(crate) async fn joined(ids: Arc<dyn IdSource>, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let here = if let Some(parent) = given(request.headers()) {
        request.extensions_mut().insert(Parent(parent.span_id()));
        parent.next(ids.random_uuid())
    } else {
        TraceContext::begin(ids.random_uuid(), ids.random_uuid())
    };
    request.extensions_mut().insert(here);
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&here.to_string()) {
        response.headers_mut().insert(RESPONSE, value);
    }
    Ok(response)
}
