//! A mistake in a handler costs one answer, not the connection and the requests that wait on it.

use std::panic::AssertUnwindSafe;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use futures_util::FutureExt;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::metrics::HttpMetrics;
use crate::problem::Problem;

/// Answers 500 where the handler panics.
pub(crate) async fn caught(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let kept = request.request().clone();
    // What a panic may leave half-done is the request's own; what requests share is behind ports.
    if let Ok(answer) = AssertUnwindSafe(async { next.call(request).await }).catch_unwind().await {
        return answer;
    }
    if let Some(metrics) = kept.app_data::<Data<HttpMetrics>>() {
        metrics.panicked();
    }
    tracing::error!("a handler panicked");
    Ok(ServiceResponse::new(kept, Problem::new(ErrorCode::InternalError).response()))
}
