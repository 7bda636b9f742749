//! People.

use actix_web::web::Json;
use offers_application::seen::Seen;
use offers_domain::ids::UserId;
use offers_domain::ports::Credentials;
use offers_domain::user::{Locale, User, Username};

use super::{State, deed};
use crate::answer::Versioned;
use crate::cursor;
use crate::dto::account::AccountBody;
use crate::dto::admin::users::{NewUserBody, USERS, UserBody, UserChange, UserChangeBody, UsersQuery};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::etag::ETag;
use crate::extract::{Body, Client, IfUnchanged, PathId, Query, SignedIn};
use crate::handlers::account::overview_of;
use crate::problem::Problem;

/// One page of the people, by username.
pub(crate) async fn list(
    state: State,
    query: Query<UsersQuery>,
) -> Result<Json<ListBody<UserBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.users(&filter, &page).await?;
    // Names in the store are names; one that is not ends the list.
    let cursor = |last: &User| {
        Username::try_new(&last.username).map_or_else(|_| String::new(), |name| cursor::encode(USERS, &name))
    };
    Ok(Json(ListBody::new(page, cursor, UserBody::from)))
}

/// One person.
pub(crate) async fn get(state: State, id: PathId<UserId>) -> Result<Versioned<UserBody>, Problem> {
    shown(&state, id.0).await
}

/// The person with the tag that a change names.
async fn shown<const STATUS: u16>(state: &State, id: UserId) -> Result<Versioned<UserBody, STATUS>, Problem> {
    let user = find(state, id).await?;
    let known = state.services.queries.credentials(&user.username).await?;
    let known = known.ok_or_else(|| Problem::new(ErrorCode::UserNotFound))?;
    Ok(Versioned { tag: ETag::of_text(tag_of(&known)), body: known.user.into() })
}

/// All that a change can change. Of the hash, which has a salt of its own, nothing is learned.
fn tag_of(known: &Credentials) -> String {
    let (id, active) = (known.user.id.to_string(), known.user.is_active.to_string());
    ETag::of_parts(&[&id, known.user.role.as_str(), &active, &known.password_hash]).into_text()
}

async fn find(state: &State, id: UserId) -> Result<User, Problem> {
    let user = state.services.queries.user(id).await?;
    user.ok_or_else(|| Problem::new(ErrorCode::UserNotFound))
}

/// A person's wallet and active subscriptions.
pub(crate) async fn account(state: State, id: PathId<UserId>) -> Result<Json<AccountBody>, Problem> {
    let user = find(&state, id.0).await?;
    Ok(Json(overview_of(&state, user.id).await?.in_language(Locale::En)))
}

/// Adds somebody.
pub(crate) async fn create(
    state: State,
    caller: SignedIn,
    client: Client,
    body: Body<NewUserBody, 4096>,
) -> Result<Versioned<UserBody, 201>, Problem> {
    let (form, reason) = body.value.form();
    let users = &state.services.staff.create_users;
    let id = users.by_staff(form, deed(&caller, &client, &reason)).await?;
    shown(&state, id).await
}

/// Locks somebody out or lets them in, or gives them a role or a password.
pub(crate) async fn change(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<UserId>,
    seen: IfUnchanged,
    body: Body<UserChangeBody, 4096>,
) -> Result<Versioned<UserBody>, Problem> {
    let (change, reason) = body.value.change()?;
    let (identity, deed) = (&state.services.identity, deed(&caller, &client, &reason));
    let seen = Seen::tagged(seen.0, tag_of);
    match change {
        UserChange::Access(change) => identity.manage_access.run(id.0, change, &seen, deed).await?,
        UserChange::Password(password) => identity.reset_password.run(id.0, &password, &seen, deed).await?,
    }
    shown(&state, id.0).await
}
