//! What activation partners report of their own accord.

use actix_web::HttpResponse;

use super::State;
use crate::extract::SignedCallback;
use crate::problem::Problem;

/// Hears a report. What follows from it is committed before the answer.
pub(crate) async fn activation(state: State, callback: SignedCallback) -> Result<HttpResponse, Problem> {
    state.services.receive_callback.run(&callback.0).await?;
    Ok(HttpResponse::Accepted().finish())
}
