//! Lets in whom a route is for, before anything else of the request is looked at.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::Next;

use super::Answer;
use crate::extract::identify;

/// Lets signed-in users in and remembers who they are.
pub(crate) async fn require_user(request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    match identify(request.request()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.call(request).await
        }
        Err(problem) => Ok(request.into_response(problem.response())),
    }
}
