//! Logging in and out.

use actix_web::web::Json;

use super::State;
use crate::answer::Created;
use crate::dto::auth::{
    DetailBody, LoginBody, PasswordBody, ProfileBody, ProfileChangeBody, RefreshBody, RegisterBody, TokenBody,
};
use crate::dto::text::{Line, Password, Text};
use crate::error_code::ErrorCode;
use crate::extract::{Body, CallerIfKnown, Client, IfOpen, SignedIn};
use crate::problem::Problem;

/// A name and a password become a token pair.
pub(crate) async fn login(
    state: State,
    client: Client,
    body: Body<LoginBody, 4096>,
) -> Result<Json<TokenBody>, Problem> {
    let LoginBody { username: Text(Line(username)), password: Text(Password(password)) } = body.value;
    Ok(Json(state.services.identity.login.run(&username, password, &client.0).await?.into()))
}

/// Who the caller is.
pub(crate) async fn profile(state: State, caller: SignedIn) -> Result<Json<ProfileBody>, Problem> {
    let user = state.services.queries.user(caller.0.user).await?;
    user.map(|user| Json(user.into())).ok_or_else(Problem::invalid_token)
}

/// How the caller wants to be told from now on.
pub(crate) async fn change_profile(
    state: State,
    caller: SignedIn,
    client: Client,
    body: Body<ProfileChangeBody>,
) -> Result<Json<ProfileBody>, Problem> {
    let change = body.value.into();
    Ok(Json(state.services.identity.change_profile.run(&caller.0, &change, &client.0).await?.into()))
}

/// A refresh token becomes a new token pair.
pub(crate) async fn refresh(
    state: State,
    client: Client,
    body: Body<RefreshBody>,
) -> Result<Json<TokenBody>, Problem> {
    Ok(Json(state.services.identity.refresh.run(&body.value.token()?, &client.0).await?.into()))
}

/// Ends the session.
pub(crate) async fn logout(
    state: State,
    caller: CallerIfKnown,
    client: Client,
    body: Body<RefreshBody>,
) -> Result<Json<DetailBody>, Problem> {
    state.services.identity.logout.run(&body.value.token()?, caller.0.as_ref(), &client.0).await?;
    Ok(Json(DetailBody { detail: "Logged out." }))
}

/// A new password for the caller, whose other sessions end.
pub(crate) async fn change_password(
    state: State,
    caller: SignedIn,
    client: Client,
    body: Body<PasswordBody, 4096>,
) -> Result<Json<DetailBody>, Problem> {
    let PasswordBody { current_password: Text(Password(current)), new_password: Text(Password(new)) } =
        body.value;
    state.services.identity.change_password.run(&caller.0, current, &new, &client.0).await?;
    Ok(Json(DetailBody { detail: "Password changed." }))
}

/// A stranger becomes a customer, where the deployment lets them.
pub(crate) async fn register(
    _: IfOpen,
    state: State,
    client: Client,
    body: Body<RegisterBody, 4096>,
) -> Result<Created<ProfileBody>, Problem> {
    let RegisterBody { username: Text(Line(username)), email: Text(Line(email)), password } = body.value;
    let Text(Password(password)) = password;
    let id = state.services.register.run(username, email, password, &client.0).await?;
    let user = state.services.queries.user(id).await?.ok_or_else(|| Problem::new(ErrorCode::UserNotFound))?;
    Ok(Created(user.into()))
}
