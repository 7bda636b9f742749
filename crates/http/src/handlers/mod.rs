//! One function for each route: extract, call one use case, show.

pub(crate) mod account;
pub(crate) mod activation;
pub(crate) mod activation_events;
pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod callbacks;
pub(crate) mod documentation;
pub(crate) mod health;
pub(crate) mod offers;
pub(crate) mod partner;
pub(crate) mod problems;
pub(crate) mod sessions;
pub(crate) mod subscriptions;
pub(crate) mod webhooks;

use actix_web::web::Data;
use offers_domain::ids::UserId;
use offers_domain::ports::StoreError;
use offers_domain::user::Locale;

use crate::extract::AskedLanguage;
use crate::problem::Problem;
use crate::state::ApiState;

/// What handlers work with.
type State = Data<ApiState>;

/// The language of an answer: what the client asks for, else what the user speaks. Nobody is looked up where there is
/// nothing to choose; where the store does not answer, it is English.
async fn language(
    state: &State,
    user: UserId,
    asked: &AskedLanguage,
    is_translated: bool,
) -> Result<Locale, Problem> {
    match (asked.0, is_translated) {
        (Some(asked), _) => Ok(asked),
        (None, false) => Ok(Locale::En),
        (None, true) => match state.services.queries.user(user).await {
            Err(StoreError::Unavailable(_) | StoreError::Overloaded(_)) => Ok(Locale::En),
            found => Ok(found?.map_or(Locale::En, |user| user.locale)),
        },
    }
}
