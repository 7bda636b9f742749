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

use crate::state::ApiState;

/// What handlers work with.
type State = Data<ApiState>;
