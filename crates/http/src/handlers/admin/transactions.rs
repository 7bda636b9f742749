//! Everybody's orders.

use actix_web::web::Json;
use offers_domain::ids::TransactionId;
use offers_domain::views::TransactionView;

use super::{State, deed};
use crate::cursor;
use crate::dto::account::TransactionBody;
use crate::dto::activation::OrderBody;
use crate::dto::admin::ReasonBody;
use crate::dto::admin::transactions::{ORDERS, OrderFileBody, OrdersQuery, ResolveBody};
use crate::dto::page::ListBody;
use crate::dto::text::Text;
use crate::error_code::ErrorCode;
use crate::extract::{Body, Client, PathId, Query, SignedIn};
use crate::problem::Problem;

/// One page of everybody's orders, newest first.
pub(crate) async fn list(
    state: State,
    query: Query<OrdersQuery>,
) -> Result<Json<ListBody<TransactionBody>>, Problem> {
    let (filter, page) = query.0.search(state.services.clock.now())?;
    let page = state.services.queries.orders(&filter, &page).await?;
    let cursor = |last: &TransactionView| cursor::encode(ORDERS, &last.status.transaction);
    Ok(Json(ListBody::new(page, cursor, TransactionBody::in_full)))
}

/// One order with its history, its calls and what it moved.
pub(crate) async fn get(state: State, id: PathId<TransactionId>) -> Result<Json<OrderFileBody>, Problem> {
    let file = state.services.queries.order_file(id.0).await?;
    file.map(|file| Json(file.into())).ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))
}

/// Sends an order that waits for a person back to work.
pub(crate) async fn retry(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<TransactionId>,
    body: Body<ReasonBody>,
) -> Result<Json<OrderBody>, Problem> {
    let Text(reason) = body.value.reason;
    let deed = deed(&caller, &client, &reason);
    Ok(Json(OrderBody::in_full(state.services.staff.decide_orders.retry(id.0, deed).await?)))
}

/// Ends an order that waits for a person, with what the activation partner said.
pub(crate) async fn resolve(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<TransactionId>,
    body: Body<ResolveBody>,
) -> Result<Json<OrderBody>, Problem> {
    let (decision, reason) = body.value.decision()?;
    let deed = deed(&caller, &client, &reason);
    Ok(Json(OrderBody::in_full(state.services.staff.decide_orders.resolve(id.0, decision, deed).await?)))
}
