//! How things stand.

use actix_web::web::Json;
use offers_domain::sending::Notice;

use super::State;
use crate::cursor;
use crate::dto::admin::overview::{LedgerBody, NOTICES, NoticeBody, NoticesQuery, StatsBody};
use crate::dto::page::ListBody;
use crate::extract::Query;
use crate::problem::Problem;

/// What waits.
pub(crate) async fn stats(state: State) -> Result<Json<StatsBody>, Problem> {
    let queries = &state.services.queries;
    let waiting = (queries.backlog().await?, queries.notice_backlog().await?);
    Ok(Json(waiting.into()))
}

/// What the last check of the whole ledger found.
pub(crate) async fn ledger(state: State) -> Result<Json<LedgerBody>, Problem> {
    Ok(Json(state.services.queries.last_check().await?.into()))
}

/// One page of what customers were told, newest first.
pub(crate) async fn notices(
    state: State,
    query: Query<NoticesQuery>,
) -> Result<Json<ListBody<NoticeBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.notices(&filter, &page).await?;
    Ok(Json(ListBody::new(page, |last: &Notice| cursor::encode(NOTICES, &last.id()), NoticeBody::from)))
}
