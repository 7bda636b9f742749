//! What activation partners report of their own accord.

use offers_domain::ports::SealedCallback;

use super::State;
use crate::answer::Silent;
use crate::extract::SignedCallback;
use crate::problem::Problem;

/// Hears a report of the default partner.
pub(crate) async fn activation(
    state: State,
    callback: SignedCallback<false>,
) -> Result<Silent<202>, Problem> {
    hear(&state, &callback.0).await
}

/// Hears a report of the partner that the path names.
pub(crate) async fn named_activation(
    state: State,
    callback: SignedCallback<true>,
) -> Result<Silent<202>, Problem> {
    hear(&state, &callback.0).await
}

/// What follows from a report is committed before the answer.
async fn hear(state: &State, callback: &SealedCallback) -> Result<Silent<202>, Problem> {
    state.services.receive_callback.run(callback).await?;
    Ok(Silent)
}
