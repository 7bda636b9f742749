//! Placing an order and following it.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use offers_application::begin_activation::Activate;
use offers_application::fallback::Known;
use offers_domain::activation::Placed;
use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ports::StoreError;
use offers_domain::views::StatusView;

use super::State;
use crate::dto::activation::{ActivateBody, OrderBody, StatusQuery, Wait, accepted, status_url};
use crate::dto::text::{OfferNumber, Text};
use crate::error_code::ErrorCode;
use crate::etag::{self, ETag};
use crate::extract::{Body, OptionalKey, PathId, Query, SignedIn};
use crate::fingerprint;
use crate::problem::Problem;
use crate::stale;
use crate::state::ApiState;

/// The route's name in idempotency records, which outlive the process.
const ACTIVATE: &str = "POST /activation";
/// When another look at an order that has not ended makes sense, in seconds.
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("1");

/// Places an order.
pub(crate) async fn activate(
    state: State,
    caller: SignedIn,
    key: OptionalKey,
    body: Body<ActivateBody>,
) -> Result<HttpResponse, Problem> {
    let OfferNumber(offer) = body.value.offer_id;
    let handle = key.0.map(|key| fingerprint::handle(&caller.0, ACTIVATE, key, &body.json));
    let wish = Activate { user: caller.0.user, session: caller.0.session, offer, handle, respond: accepted };
    Ok(answer(state.services.begin_activation.run(wish).await?))
}

fn answer(placed: Placed) -> HttpResponse {
    let (id, stored, replayed) = match placed {
        Placed::Fresh(transaction) => (transaction.id(), accepted(&transaction), false),
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
