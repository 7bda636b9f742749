//! What partners do: their orders and their settlement account.

use actix_web::web::Json;
use offers_domain::partner_channel::reference::Reference;
use offers_domain::partner_channel::views::{PartnerOrderDetail, PartnerOrderView};

use super::State;
use crate::cursor;
use crate::dto::page::ListBody;
use crate::dto::partner::{
    PARTNER_ORDERS, PartnerOrderBody, PartnerOrderDetailBody, PartnerOrdersQuery, SettlementBody,
    StatementQuery, ValidationBody,
};
use crate::error_code::ErrorCode;
use crate::extract::{CallingPartner, PathId, Query};
use crate::problem::Problem;

/// Whether a reference stands for an order of the partner. Another partner's is as unknown as nobody's.
pub(crate) async fn validate(
    state: State,
    caller: CallingPartner,
    reference: PathId<Reference>,
) -> Result<Json<ValidationBody>, Problem> {
    let reference = reference.0;
    let found = state.services.queries.partner_order(caller.0.partner, reference).await?;
    let Some(PartnerOrderDetail { order, detail }) = found else {
        return Err(Problem::new(ErrorCode::TransactionNotFound)
            .member("reference", reference.to_string())
            .member("is_valid", false)
            .member("error", ErrorCode::TransactionNotFound.title()));
    };
    Ok(Json(PartnerOrderView { order, transaction: detail.transaction }.into()))
}

/// One page of the partner's orders.
pub(crate) async fn transactions(
    state: State,
    caller: CallingPartner,
    query: Query<PartnerOrdersQuery>,
) -> Result<Json<ListBody<PartnerOrderBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.partner_orders(caller.0.partner, &filter, &page).await?;
    let cursor = |last: &PartnerOrderView| cursor::encode(PARTNER_ORDERS, &last.order.transaction);
    Ok(Json(ListBody::new(page, cursor, PartnerOrderBody::from)))
}

/// One order of the partner, with its history.
pub(crate) async fn transaction(
    state: State,
    caller: CallingPartner,
    reference: PathId<Reference>,
) -> Result<Json<PartnerOrderDetailBody>, Problem> {
    let detail = state.services.queries.partner_order(caller.0.partner, reference.0).await?;
    detail.map(|detail| Json(detail.into())).ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))
}

/// The settlement account and one page of its movements.
pub(crate) async fn account(
    state: State,
    caller: CallingPartner,
    query: Query<StatementQuery>,
) -> Result<Json<SettlementBody>, Problem> {
    let (queries, partner) = (&state.services.queries, caller.0.partner);
    let page = query.0.page()?;
    let settlement = queries.settlement(partner).await?;
    let settlement = settlement.ok_or_else(|| Problem::new(ErrorCode::InternalError))?;
    Ok(Json(SettlementBody::new(settlement, queries.statement(partner, &page).await?)))
}
