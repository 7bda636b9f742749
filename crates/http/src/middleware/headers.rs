//! Headers of every answer.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;

use super::Answer;

/// Nothing is kept by caches unless its handler says so, and nothing is taken for what it does not say it is.
pub(crate) async fn guarded(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}
