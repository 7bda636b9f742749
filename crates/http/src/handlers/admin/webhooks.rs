//! Webhooks: the operator's own, and partners' on their behalf.

use actix_web::web::Json;
use offers_application::webhooks::On;
use offers_domain::ids::{EventId, WebhookId};
use offers_domain::webhook::views::WebhookFilter;

use super::super::webhooks::{deliveries_of, delivery_of, page_of, show, show_secret};
use super::{State, deed};
use crate::answer::{Created, Queued, Silent};
use crate::dto::admin::ReasonBody;
use crate::dto::admin::webhooks::{
    StaffNewWebhookBody, StaffReplayBody, StaffRotateBody, StaffWebhookChangeBody, StaffWebhooksQuery,
};
use crate::dto::page::ListBody;
use crate::dto::text::Text;
use crate::dto::webhooks::{
    DeliveriesQuery, DeliveryBody, DeliveryFileBody, IssuedSecretBody, QueuedEventBody, ReplayedBody,
    WebhookBody,
};
use crate::extract::{Body, Client, PathId, Query, SignedIn};
use crate::problem::Problem;

/// Everybody's.
const ALL: WebhookFilter = WebhookFilter { owner: None };

/// One page of the endpoints, by id.
pub(crate) async fn list(
    state: State,
    query: Query<StaffWebhooksQuery>,
) -> Result<Json<ListBody<WebhookBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    page_of(&state, &filter, &page).await
}

/// One endpoint.
pub(crate) async fn get(state: State, id: PathId<WebhookId>) -> Result<Json<WebhookBody>, Problem> {
    show(&state, id.0, &ALL).await.map(Json)
}

/// Registers an endpoint and shows its secret, this once.
pub(crate) async fn create(
    state: State,
    caller: SignedIn,
    client: Client,
    body: Body<StaffNewWebhookBody>,
) -> Result<Created<IssuedSecretBody>, Problem> {
    let (form, reason) = body.value.form()?;
    let on = On::Staff(deed(&caller, &client, &reason));
    let issued = state.services.manage_webhooks.create(&form, on).await?;
    show_secret(&state, issued, &ALL).await.map(Created)
}

/// Changes an endpoint, pauses it, or sends to it again.
pub(crate) async fn change(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<StaffWebhookChangeBody>,
) -> Result<Json<WebhookBody>, Problem> {
    let (change, reason) = body.value.change()?;
    let on = On::Staff(deed(&caller, &client, &reason));
    state.services.manage_webhooks.change(id.0, &change, on).await?;
    show(&state, id.0, &ALL).await.map(Json)
}

/// Removes an endpoint.
pub(crate) async fn delete(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<ReasonBody>,
) -> Result<Silent<204>, Problem> {
    let Text(reason) = body.value.reason;
    let on = On::Staff(deed(&caller, &client, &reason));
    state.services.manage_webhooks.delete(id.0, on).await?;
    Ok(Silent)
}

/// Changes the secret and shows the new one, this once.
pub(crate) async fn rotate(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<StaffRotateBody>,
) -> Result<Json<IssuedSecretBody>, Problem> {
    let (overlap, reason) = body.value.overlap()?;
    let on = On::Staff(deed(&caller, &client, &reason));
    let issued = state.services.manage_webhooks.rotate(id.0, overlap, on).await?;
    show_secret(&state, issued, &ALL).await.map(Json)
}

/// Sends a test.
pub(crate) async fn test(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<ReasonBody>,
) -> Result<Queued<QueuedEventBody>, Problem> {
    let Text(reason) = body.value.reason;
    let on = On::Staff(deed(&caller, &client, &reason));
    let event = state.services.manage_webhooks.test(id.0, on).await?;
    Ok(Queued(QueuedEventBody { event_id: event.to_string() }))
}

/// Sends events again.
pub(crate) async fn replay(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<WebhookId>,
    body: Body<StaffReplayBody>,
) -> Result<Queued<ReplayedBody>, Problem> {
    let (of, reason) = body.value.of()?;
    let on = On::Staff(deed(&caller, &client, &reason));
    let replayed = state.services.manage_webhooks.replay(id.0, of, on).await?;
    Ok(Queued(replayed.into()))
}

/// One page of what was sent.
pub(crate) async fn deliveries(
    state: State,
    id: PathId<WebhookId>,
    query: Query<DeliveriesQuery>,
) -> Result<Json<ListBody<DeliveryBody>>, Problem> {
    deliveries_of(&state, id.0, &ALL, query.0).await
}

/// What became of one event.
pub(crate) async fn delivery(
    state: State,
    id: PathId<WebhookId>,
    event: PathId<EventId>,
) -> Result<Json<DeliveryFileBody>, Problem> {
    delivery_of(&state, id.0, event.0, &ALL).await
}
