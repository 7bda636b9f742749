//! An answer in time, even where the work is not done in time.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use tokio::time::timeout;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

/// Answers within `time`. Of a request that writes nobody can then tell whether it had its effect.
pub(crate) async fn within(time: Duration, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let kept = request.request().clone();
    if let Ok(answer) = timeout(time, next.call(request)).await {
        return answer;
    }
    tracing::warn!(deadline = ?time, "a request was not answered in time");
    let reads = matches!(*kept.method(), Method::GET | Method::HEAD);
    let code = if reads { ErrorCode::ServiceUnavailable } else { ErrorCode::OutcomeUnknown };
    Ok(ServiceResponse::new(kept, Problem::new(code).response()))
}
