//! Writes problem documents: ours, and one for each error that the framework answered with a bare status.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use actix_web::middleware::Next;

use super::Answer;
use super::request_id::RequestId;
use crate::problem::{MEDIA_TYPE, Problem};

/// Gives every error its document.
pub(crate) async fn written(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let response = next.call(request).await?;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let problem = response.response().extensions().get::<Problem>().cloned();
    let problem = problem.unwrap_or_else(|| Problem::of_status(status));
    let id = response.request().extensions().get::<RequestId>().cloned().unwrap_or_default();
    let mut response = response.map_body(|_, _| BoxBody::new(problem.body(id.as_str())));
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    Ok(response)
}
