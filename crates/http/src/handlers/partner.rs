//! What partners do: their orders and their settlement account.

use actix_web::web::Json;
use offers_application::partner_channel::PartnerWish;
use offers_domain::idempotency::Principal;
use offers_domain::partner_channel::reference::Reference;
use offers_domain::partner_channel::views::{PartnerOrderDetail, PartnerOrderView};
use offers_domain::user::Locale;

use super::State;
use crate::answer::{Kept, Spoken};
use crate::cursor;
use crate::dto::page::ListBody;
use crate::dto::partner::{
    PARTNER_ORDERS, PartnerAcceptedBody, PartnerActivateBody, PartnerOrderBody, PartnerOrderDetailBody,
    PartnerOrdersQuery, SettlementBody, StatementQuery, ValidationBody, accepted,
};
use crate::dto::text::IdNumber;
use crate::error_code::ErrorCode;
use crate::extract::{AskedLanguage, Body, CallingPartner, OptionalKey, PathId, Query, Trace};
use crate::fingerprint;
use crate::problem::Problem;
use crate::use_case_errors::ForPartner;

/// The route's name in idempotency records, which outlive the process.
const ACTIVATE: &str = "POST /partner/activate";

/// Places an order for a customer.
pub(crate) async fn activate(
    state: State,
    caller: CallingPartner,
    trace: Trace,
    key: OptionalKey,
    body: Body<PartnerActivateBody>,
) -> Result<Kept<PartnerAcceptedBody, 202>, Problem> {
    let partner_reference = body.value.partner_reference()?;
    if key.0.is_none() && partner_reference.is_none() {
        return Err(Problem::new(ErrorCode::IdempotencyKeyRequired));
    }
    let principal = Principal::Partner(caller.0.partner);
    let PartnerActivateBody { user_id: IdNumber(user), offer_id: IdNumber(offer), amount, .. } = body.value;
    let wish = PartnerWish {
        caller: caller.0,
        user,
        offer,
        amount: amount.amount(state.services.currency, "/amount")?,
        partner_reference,
        trace: trace.0,
        handle: key.0.map(|key| fingerprint::handle(principal, ACTIVATE, key, &body.json)),
        respond: accepted,
    };
    let answer = state.services.begin_activation.run_for_partner(wish).await.map_err(ForPartner)?;
    Ok(Kept::new(answer.response, answer.replayed))
}

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
            .member("error", ErrorCode::TransactionNotFound.title(Locale::En)));
    };
    Ok(Json(PartnerOrderView { order, transaction: detail.transaction }.into()))
}

/// One page of the partner's orders.
pub(crate) async fn transactions(
    state: State,
    caller: CallingPartner,
    query: Query<PartnerOrdersQuery>,
    asked: AskedLanguage,
) -> Result<Spoken<ListBody<PartnerOrderBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.partner_orders(caller.0.partner, &filter, &page).await?;
    let cursor = |last: &PartnerOrderView| cursor::encode(PARTNER_ORDERS, &last.order.transaction);
    let locale = asked.0.unwrap_or(Locale::En);
    let body = ListBody::new(page, cursor, |view| PartnerOrderBody::in_language(view, locale));
    Ok(Spoken { locale, body })
}

/// One order of the partner, with its history.
pub(crate) async fn transaction(
    state: State,
    caller: CallingPartner,
    reference: PathId<Reference>,
    asked: AskedLanguage,
) -> Result<Spoken<PartnerOrderDetailBody>, Problem> {
    let detail = state.services.queries.partner_order(caller.0.partner, reference.0).await?;
    let detail = detail.ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))?;
    let locale = asked.0.unwrap_or(Locale::En);
    Ok(Spoken { locale, body: PartnerOrderDetailBody::in_language(detail, locale) })
}

/// The settlement account and one page of its movements.
pub(crate) async fn account(
    state: State,
    caller: CallingPartner,
    query: Query<StatementQuery>,
) -> Result<Json<SettlementBody>, Problem> {
    let statement = state.services.queries.statement(caller.0.partner, &query.0.page()?).await?;
    let (settlement, page) = statement.ok_or_else(|| Problem::new(ErrorCode::InternalError))?;
    Ok(Json(SettlementBody::new(settlement, page)))
}
