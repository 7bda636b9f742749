//! The audit trail.

use actix_web::web::Json;
use offers_domain::audit::AuditEvent;

use super::State;
use crate::cursor;
use crate::dto::admin::audit::{AuditBody, AuditQuery, TRAIL};
use crate::dto::page::ListBody;
use crate::extract::Query;
use crate::problem::Problem;

/// One page of the trail, newest first.
pub(crate) async fn list(
    state: State,
    query: Query<AuditQuery>,
) -> Result<Json<ListBody<AuditBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.audit(&filter, &page).await?;
    let cursor = |last: &AuditEvent| cursor::encode(TRAIL, &last.key());
    Ok(Json(ListBody::new(page, cursor, AuditBody::from)))
}
