//! Placing an order, to buy or to renew, and following it.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};
use offers_application::begin_activation::NewOrder;
use offers_application::fallback::Known;
use offers_domain::activation::{Payer, Placed, Receipt, Wish};
use offers_domain::idempotency::{IdempotencyHandle, Principal, StoredResponse};
use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ports::StoreError;
use offers_domain::transaction::Channel;
use offers_domain::views::StatusView;

use super::State;
use crate::answer::{Conditional, Kept};
use crate::dto::activation::{
    AcceptedBody, ActivateBody, OrderBody, RenewBody, StatusQuery, Wait, accepted, renewed, status_url,
};
use crate::dto::text::{IdNumber, Text};
use crate::error_code::ErrorCode;
use crate::etag::{self, ETag};
use crate::extract::{Body, OptionalKey, PathId, Query, SignedIn, Trace};
use crate::fingerprint;
use crate::problem::Problem;
use crate::stale;
use crate::state::ApiState;
use crate::written_orders::WrittenOrders;

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
) -> Result<Kept<AcceptedBody, 202>, Problem> {
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
) -> Result<Kept<AcceptedBody, 200>, Problem> {
    let of = body.value.subscription()?;
    let handle = key.0.map(|key| fingerprint::handle(Principal::User(caller.0.user), RENEW, key, &body.json));
    place(&state, Wish::Renew(of), &caller, &trace, handle, renewed).await
}

/// A customer's own order, paid from their wallet.
async fn place<const STATUS: u16>(
    state: &ApiState,
    wish: Wish,
    caller: &SignedIn,
    trace: &Trace,
    handle: Option<IdempotencyHandle>,
    respond: fn(&Receipt) -> StoredResponse,
) -> Result<Kept<AcceptedBody, STATUS>, Problem> {
    let (user, payer, channel) = (caller.0.user, Payer::Wallet, Channel::Customer);
    let (session, trace) = (Some(caller.0.session), Some(trace.0));
    let order = NewOrder { user, session, wish, payer, channel, trace, handle, respond };
    let placed = state.services.begin_activation.run(order).await?;
    Ok(answer(placed, respond))
}

fn answer<const STATUS: u16>(
    placed: Placed,
    respond: fn(&Receipt) -> StoredResponse,
) -> Kept<AcceptedBody, STATUS> {
    let (id, stored, replayed) = match placed {
        Placed::Fresh(transaction) => {
            let id = transaction.id();
            (id, respond(&Receipt::new(id, None)), false)
        }
        Placed::Replayed { transaction, response } => (transaction, response, true),
    };
    Kept::new(stored, replayed)
        .with(header::LOCATION, HeaderValue::from_str(&status_url(id)).ok())
        .with(header::RETRY_AFTER, Some(LOOK_AGAIN))
}

/// Where an order stands; waits for a change if asked to.
pub(crate) async fn status(
    state: State,
    caller: SignedIn,
    id: PathId<TransactionId>,
    query: Query<StatusQuery>,
    request: HttpRequest,
) -> Result<Conditional<OrderBody>, Problem> {
    let seen = etag::known_version(request.headers());
    let view = look(&state, caller.0.user, id.0, query.0.wait, seen).await?;
    let view = view.ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))?;
    show(&request, view)
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

fn show(request: &HttpRequest, known: Known<StatusView>) -> Result<Conditional<OrderBody>, Problem> {
    let Known { value: view, stale } = known;
    let (tag, ended) = (ETag::of_version(view.version), view.status.is_final());
    let response = match stale {
        None => WrittenOrders::of(request)?.answer(view)?,
        Some(age) => stale::json(OrderBody::from(view), age),
    };
    let mut response = etag::conditional(request, &tag, response);
    if !ended {
        response.headers_mut().insert(header::RETRY_AFTER, LOOK_AGAIN);
    }
    Ok(Conditional::new(response))
}
