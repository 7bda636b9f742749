//! Headers of every answer.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;

use super::Answer;

/// An answer is no page: a browser that is made to show one runs nothing of it, and shows it in no frame.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Nothing is kept by caches or runs in a browser unless its handler says so, nothing is taken for what it does not say it
/// is, and no address of ours is told to others.
pub(crate) async fn guarded(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for (name, otherwise) in [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::CONTENT_SECURITY_POLICY, NO_PAGE),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, otherwise);
        }
    }
    Ok(response)
}
