//! Refuses addresses that are longer than any of ours.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::Next;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::problem::Problem;

const MAX_PATH: usize = 2 * 1024;
const MAX_QUERY: usize = 6 * 1024;

/// Lets addresses of a sane length through.
pub(crate) async fn bounded(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    if request.path().len() > MAX_PATH || request.query_string().len() > MAX_QUERY {
        return Ok(request.into_response(Problem::new(ErrorCode::UriTooLong).response()));
    }
    next.call(request).await
}
