//! Placing an order, to buy or to renew, and following it.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use offers_application::begin_activation::NewOrder;
use offers_application::fallback::Known;
use offers_domain::activation::{Payer, Placed, Receipt, Wish};
use offers_domain::idempotency::{IdempotencyHandle, Principal, StoredResponse};
use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ports::StoreError;
use offers_domain::transaction::Channel;
use offers_domain::views::StatusView;

use super::State;
use crate::dto::activation::{
    ActivateBody, OrderBody, RenewBody, StatusQuery, Wait, accepted, renewed, status_url,
};
use crate::dto::text::{IdNumber, Text};
use crate::error_code::ErrorCode;
use crate::etag::{self, ETag};
use crate::extract::{Body, OptionalKey, PathId, Query, SignedIn, Trace};
use crate::fingerprint;
use crate::problem::Problem;
use crate::stale;
use crate::state::ApiState;

// The routes' names in idempotency records, which outlive the process.
const ACTIVATE: &str = "POST /activation";
const RENEW: &str = "POST /offers/renew";
/// When another look at an order that has not ended makes sense, in seconds.
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("1");

/// Places an order.
pub(crate) async fn activate(
    state: State,
    caller: SignedIn,
    trace: Trace,
    key: OptionalKey,
    body: Body<ActivateBody>,
) -> Result<HttpResponse, Problem> {
    let IdNumber(offer) = body.value.offer_id;
    let handle =
        key.0.map(|key| fingerprint::handle(Principal::User(caller.0.user), ACTIVATE, key, &body.json));
    place(&state, Wish::Buy(offer), &caller, &trace, handle, accepted).await
}

/// Orders one more period of a subscription.
pub(crate) async fn renew(
    state: State,
    caller: SignedIn,
    trace: Trace,
    key: OptionalKey,
    body: Body<RenewBody>,
) -> Result<HttpResponse, Problem> {
    let of = body.value.subscription()?;
    let handle = key.0.map(|key| fingerprint::handle(Principal::User(caller.0.user), RENEW, key, &body.json));
    place(&state, Wish::Renew(of), &caller, &trace, handle, renewed).await
}

/// A customer's own order, paid from their wallet.
async fn place(
    state: &ApiState,
    wish: Wish,
    caller: &SignedIn,
    trace: &Trace,
    handle: Option<IdempotencyHandle>,
    respond: fn(&Receipt) -> StoredResponse,
) -> Result<HttpResponse, Problem> {
    let (user, payer, channel) = (caller.0.user, Payer::Wallet, Channel::Customer);
    let (session, trace) = (Some(caller.0.session), Some(trace.0));
    let order = NewOrder { user, session, wish, payer, channel, trace, handle, respond };
    let placed = state.services.begin_activation.run(order).await?;
    Ok(answer(placed, respond))
}

fn answer(placed: Placed, respond: fn(&Receipt) -> StoredResponse) -> HttpResponse {
    let (id, stored, replayed) = match placed {
        Placed::Fresh(transaction) => {
            let id = transaction.id();
            (id, respond(&Receipt::new(id, None)), false)
        }
        Placed::Replayed { transaction, response } => (transaction, response, true),
    };
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::ACCEPTED);
    let mut response = HttpResponse::build(status);
    response.content_type("application/json");
    response
        .insert_header((header::LOCATION, status_url(id)))
        .insert_header((header::RETRY_AFTER, LOOK_AGAIN));
    if replayed {
        response.insert_header(("idempotent-replayed", "true"));
    }
    response.body(stored.body)
}

/// Where an order stands; waits for a change if asked to.
pub(crate) async fn status(
    state: State,
    caller: SignedIn,
    id: PathId<TransactionId>,
    query: Query<StatusQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let seen = etag::known_version(request.headers());
    let view = look(&state, caller.0.user, id.0, query.0.wait, seen).await?;
    let view = view.ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))?;
    Ok(show(&request, view))
}

/// Looks now, or waits for a change; a server that stops does not let anybody wait.
async fn look(
    state: &ApiState,
    user: UserId,
    id: TransactionId,
    wait: Option<Text<Wait>>,
    seen: Option<u32>,
) -> Result<Option<Known<StatusView>>, StoreError> {
    let following = &state.services.activation_status;
    let Some(Text(Wait(patience))) = wait else { return following.read(user, id).await };
    tokio::select! {
        view = following.wait(user, id, seen, patience) => view,
        () = state.readiness.drained() => following.read(user, id).await,
    }
}

fn show(request: &HttpRequest, known: Known<StatusView>) -> HttpResponse {
    let (tag, ended) = (ETag::of_version(known.value.version), known.value.status.is_final());
    let response = stale::json(known.map(OrderBody::from));
    let mut response = etag::conditional(request, &tag, response);
    if !ended {
        response.headers_mut().insert(header::RETRY_AFTER, LOOK_AGAIN);
    }
    response
}
