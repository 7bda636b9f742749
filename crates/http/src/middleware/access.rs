//! Lets in whom a route is for, before anything else of the request is looked at, and takes down what is refused to those
//! who are known.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use offers_domain::audit::{Actor, RequestId};
use offers_domain::partner_channel::api_key::KeyScope;
use offers_domain::refusals::Refusal;

use super::Answer;
use crate::error_code::ErrorCode;
use crate::extract::{identify, identify_partner};
use crate::problem::Problem;
use crate::routes::{Access, Matched};
use crate::state;

/// Lets in callers whose role the route is for, and remembers who they are.
pub(crate) async fn require(access: Access, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    match identify(request.request()).await {
        Ok(caller) => {
            let response = if access.admits(caller.role) {
                request.extensions_mut().insert(caller);
                next.call(request).await?
            } else {
                request.into_response(Problem::new(ErrorCode::Forbidden).response())
            };
            // Staff who look for what is not there ask for nobody's.
            if access == Access::SignedIn || response.status() == ErrorCode::Forbidden.status() {
                take_down(Actor::User(caller.user), &response);
            }
            Ok(response)
        }
        Err(problem) => Ok(request.into_response(problem.response())),
    }
}

/// Lets partners in whose key opens `scope`, and remembers which one it is.
pub(crate) async fn require_partner(scope: KeyScope, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    match identify_partner(request.request(), scope).await {
        Ok(partner) => {
            let actor = Actor::Partner(partner.partner);
            request.extensions_mut().insert(partner);
            let response = next.call(request).await?;
            take_down(actor, &response);
            Ok(response)
        }
        Err(problem) => Ok(request.into_response(problem.response())),
    }
}

/// Notes for the trail that the caller asked for what is not theirs, if that was it. That it belongs to somebody else or is
/// not there at all cannot be told apart, here no more than by the caller.
fn take_down(actor: Actor, response: &ServiceResponse<BoxBody>) {
    let code = response.response().extensions().get::<Problem>().map(Problem::code);
    let Some(code) = code.filter(|code| code.is_about_owners()) else { return };
    let request = response.request();
    let Ok(state) = state::of(request) else { return };
    let named = ["id", "reference"].into_iter().find_map(|part| request.match_info().get(part));
    state.services.notebook.refused(Refusal {
        actor,
        code: code.as_str(),
        route: request.app_data::<Matched>().map_or("unmatched", |matched| matched.0),
        asked_for: named.filter(|id| id.len() <= 64).map(str::to_owned),
        request: request.extensions().get::<RequestId>().cloned(),
        at: state.services.clock.now(),
    });
}
