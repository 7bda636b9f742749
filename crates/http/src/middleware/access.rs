//! Lets in whom a route is for, before anything else of the request is looked at.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::Next;
use offers_domain::partner_channel::api_key::KeyScope;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::extract::{identify, identify_partner};
use crate::problem::Problem;
use crate::routes::Access;

/// Lets in callers whose role the route is for, and remembers who they are.
pub(crate) async fn require(access: Access, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    match identify(request.request()).await {
        Ok(caller) if access.admits(caller.role) => {
            request.extensions_mut().insert(caller);
            next.call(request).await
        }
        Ok(_) => Ok(request.into_response(Problem::new(ErrorCode::Forbidden).response())),
        Err(problem) => Ok(request.into_response(problem.response())),
    }
}

/// Lets partners in whose key opens `scope`, and remembers which one it is.
pub(crate) async fn require_partner(scope: KeyScope, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    match identify_partner(request.request(), scope).await {
        Ok(partner) => {
            request.extensions_mut().insert(partner);
            next.call(request).await
        }
        Err(problem) => Ok(request.into_response(problem.response())),
    }
}
