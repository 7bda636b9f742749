//! A person's own logins.

use actix_web::web::Json;
use offers_domain::ids::SessionId;
use offers_domain::page::Page;

use super::State;
use crate::answer::Silent;
use crate::dto::page::ListBody;
use crate::dto::sessions::{EndedBody, SessionBody};
use crate::error_code::ErrorCode;
use crate::extract::{Client, PathId, SignedIn};
use crate::problem::Problem;

/// The caller's live sessions, newest first. They are few: a page is always the whole list.
pub(crate) async fn list(state: State, caller: SignedIn) -> Result<Json<ListBody<SessionBody>>, Problem> {
    let now = state.services.clock.now();
    let items = state.services.queries.live_sessions(caller.0.user, now).await?;
    let show = |view| SessionBody::new(view, caller.0.session);
    Ok(Json(ListBody::new(Page { items, has_more: false }, |_| String::new(), show)))
}

/// Ends one of them.
pub(crate) async fn end(
    state: State,
    caller: SignedIn,
    id: PathId<SessionId>,
    client: Client,
) -> Result<Silent<204>, Problem> {
    if state.services.identity.end_sessions.one(&caller.0, id.0, &client.0).await? {
        Ok(Silent)
    } else {
        Err(Problem::new(ErrorCode::SessionNotFound))
    }
}

/// Ends all of them but the one that asks.
pub(crate) async fn end_others(
    state: State,
    caller: SignedIn,
    client: Client,
) -> Result<Json<EndedBody>, Problem> {
    let ended = state.services.identity.end_sessions.others(&caller.0, &client.0).await?;
    let ended = ended.ok_or_else(Problem::invalid_token)?;
    Ok(Json(EndedBody { ended }))
}
