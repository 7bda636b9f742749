//! What partners do with their webhooks.

use actix_web::web::Json;
use offers_application::partner_channel::PartnerCaller;
use offers_application::webhooks::{Issued, On};
use offers_domain::ids::{EventId, WebhookId};
use offers_domain::page::PageRequest;
use offers_domain::webhook::Delivery;
use offers_domain::webhook::endpoint::{Owner, Webhook};
use offers_domain::webhook::views::WebhookFilter;

use super::State;
use crate::answer::{Created, Queued, Silent};
use crate::cursor;
use crate::dto::page::ListBody;
use crate::dto::webhooks::{
    DELIVERIES, DeliveriesQuery, DeliveryBody, DeliveryFileBody, IssuedSecretBody, NewWebhookBody, NoBody,
    QueuedEventBody, ReplayBody, ReplayedBody, RotateBody, WEBHOOKS, WebhookBody, WebhookChangeBody,
    WebhooksQuery,
};
use crate::error_code::ErrorCode;
use crate::extract::{Body, CallingPartner, Client, PathId, Query};
use crate::problem::Problem;

/// On the partner's behalf.
fn on<'a>(caller: &CallingPartner, client: &'a Client) -> On<'a> {
    let PartnerCaller { partner, key, .. } = caller.0;
    On::Partner { partner, key, request: client.0.request.as_ref() }
}

/// The partner's own.
fn own(caller: &CallingPartner) -> WebhookFilter {
    WebhookFilter { owner: Some(Owner::Partner(caller.0.partner)) }
}

/// One page of endpoints, by id.
pub(super) async fn page_of(
    state: &State,
    filter: &WebhookFilter,
    page: &PageRequest<WebhookId>,
) -> Result<Json<ListBody<WebhookBody>>, Problem> {
    let page = state.services.queries.webhooks(filter, page).await?;
    let cursor = |last: &Webhook| cursor::encode(WEBHOOKS, &last.id);
    Ok(Json(ListBody::new(page, cursor, WebhookBody::from)))
}

/// An endpoint among these.
pub(super) async fn show(
    state: &State,
    id: WebhookId,
    filter: &WebhookFilter,
) -> Result<WebhookBody, Problem> {
    let found = state.services.queries.webhook(id, filter).await?;
    found.map(WebhookBody::from).ok_or_else(|| Problem::new(ErrorCode::WebhookNotFound))
}

/// An endpoint with the secret that was issued, this once.
pub(super) async fn show_secret(
    state: &State,
    issued: Issued,
    filter: &WebhookFilter,
) -> Result<IssuedSecretBody, Problem> {
    Ok(IssuedSecretBody::new(show(state, issued.id, filter).await?, issued))
}

/// One page of what was sent to an endpoint among these.
pub(super) async fn deliveries_of(
    state: &State,
    id: WebhookId,
    filter: &WebhookFilter,
    query: DeliveriesQuery,
) -> Result<Json<ListBody<DeliveryBody>>, Problem> {
    show(state, id, filter).await?;
    let (which, page) = query.search()?;
    let page = state.services.queries.deliveries(id, &which, &page).await?;
    let cursor = |last: &Delivery| cursor::encode(DELIVERIES, &last.id());
    Ok(Json(ListBody::new(page, cursor, DeliveryBody::from)))
}

/// What became of one event, to an endpoint among these.
pub(super) async fn delivery_of(
    state: &State,
    id: WebhookId,
    event: EventId,
    filter: &WebhookFilter,
) -> Result<Json<DeliveryFileBody>, Problem> {
    show(state, id, filter).await?;
    let found = state.services.queries.delivery(id, event).await?;
    found.map(|file| Json(file.into())).ok_or_else(|| Problem::new(ErrorCode::EventNotFound))
}

/// One page of the partner's endpoints.
pub(crate) async fn list(
    state: State,
    caller: CallingPartner,
    query: Query<WebhooksQuery>,
) -> Result<Json<ListBody<WebhookBody>>, Problem> {
    page_of(&state, &own(&caller), &query.0.page()?).await
}

/// One of the partner's endpoints.
pub(crate) async fn get(
    state: State,
    caller: CallingPartner,
    id: PathId<WebhookId>,
) -> Result<Json<WebhookBody>, Problem> {
    show(&state, id.0, &own(&caller)).await.map(Json)
}

/// Registers an endpoint and shows its secret, this once.
pub(crate) async fn create(
    state: State,
    caller: CallingPartner,
    client: Client,
    body: Body<NewWebhookBody>,
) -> Result<Created<IssuedSecretBody>, Problem> {
    let form = body.value.form(Owner::Partner(caller.0.partner))?;
    let issued = state.services.manage_webhooks.create(&form, on(&caller, &client)).await?;
    show_secret(&state, issued, &own(&caller)).await.map(Created)
}

/// Changes an endpoint, pauses it, or sends to it again.
pub(crate) async fn change(
    state: State,
    caller: CallingPartner,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<WebhookChangeBody>,
) -> Result<Json<WebhookBody>, Problem> {
    let change = body.value.change()?;
    state.services.manage_webhooks.change(id.0, &change, on(&caller, &client)).await?;
    show(&state, id.0, &own(&caller)).await.map(Json)
}

/// Removes an endpoint.
pub(crate) async fn delete(
    state: State,
    caller: CallingPartner,
    client: Client,
    id: PathId<WebhookId>,
) -> Result<Silent<204>, Problem> {
    state.services.manage_webhooks.delete(id.0, on(&caller, &client)).await?;
    Ok(Silent)
}

/// Changes the secret and shows the new one, this once.
pub(crate) async fn rotate(
    state: State,
    caller: CallingPartner,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<RotateBody>,
) -> Result<Json<IssuedSecretBody>, Problem> {
    let overlap = body.value.overlap()?;
    let issued = state.services.manage_webhooks.rotate(id.0, overlap, on(&caller, &client)).await?;
    show_secret(&state, issued, &own(&caller)).await.map(Json)
}

/// Sends a test.
pub(crate) async fn test(
    state: State,
    caller: CallingPartner,
    client: Client,
    id: PathId<WebhookId>,
    _: Body<NoBody>,
) -> Result<Queued<QueuedEventBody>, Problem> {
    let event = state.services.manage_webhooks.test(id.0, on(&caller, &client)).await?;
    Ok(Queued(QueuedEventBody { event_id: event.to_string() }))
}

/// Sends events again.
pub(crate) async fn replay(
    state: State,
    caller: CallingPartner,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<ReplayBody>,
) -> Result<Queued<ReplayedBody>, Problem> {
    let of = body.value.of()?;
    let replayed = state.services.manage_webhooks.replay(id.0, of, on(&caller, &client)).await?;
    Ok(Queued(replayed.into()))
}

/// One page of what was sent.
pub(crate) async fn deliveries(
    state: State,
    caller: CallingPartner,
    id: PathId<WebhookId>,
    query: Query<DeliveriesQuery>,
) -> Result<Json<ListBody<DeliveryBody>>, Problem> {
    deliveries_of(&state, id.0, &own(&caller), query.0).await
}

/// What became of one event.
pub(crate) async fn delivery(
    state: State,
    caller: CallingPartner,
    id: PathId<WebhookId>,
    event: PathId<EventId>,
) -> Result<Json<DeliveryFileBody>, Problem> {
    delivery_of(&state, id.0, event.0, &own(&caller)).await
}
