//! Logging in and out.

use actix_web::web::Json;

use super::State;
use crate::dto::auth::{DetailBody, LoginBody, ProfileBody, RefreshBody, TokenBody};
use crate::dto::text::{Line, Password, Text};
use crate::extract::{Body, CallerIfKnown, SignedIn};
use crate::problem::Problem;

/// A name and a password become a token pair.
pub(crate) async fn login(state: State, body: Body<LoginBody, 4096>) -> Result<Json<TokenBody>, Problem> {
    let LoginBody { username: Text(Line(username)), password: Text(Password(password)) } = body.value;
    Ok(Json(state.services.login.run(&username, password).await?.into()))
}

/// Who the caller is.
pub(crate) async fn profile(state: State, caller: SignedIn) -> Result<Json<ProfileBody>, Problem> {
    let user = state.services.queries.user(caller.0.user).await?;
    user.map(|user| Json(user.into())).ok_or_else(Problem::invalid_token)
}

/// A refresh token becomes a new token pair.
pub(crate) async fn refresh(state: State, body: Body<RefreshBody>) -> Result<Json<TokenBody>, Problem> {
    Ok(Json(state.services.refresh.run(&body.value.token()?).await?.into()))
}

/// Ends the session.
pub(crate) async fn logout(
    state: State,
    caller: CallerIfKnown,
    body: Body<RefreshBody>,
) -> Result<Json<DetailBody>, Problem> {
    state.services.logout.run(&body.value.token()?, caller.0.as_ref()).await?;
    Ok(Json(DetailBody { detail: "Logged out." }))
}
