//! Activation partners, and what they said too late.

use actix_web::web::Json;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::IncidentId;
use offers_domain::incident::Incident;
use offers_domain::page::Page;

use super::{State, deed};
use crate::cursor;
use crate::dto::admin::ReasonBody;
use crate::dto::admin::activation::{ActivationPartnerBody, INCIDENTS, IncidentBody, IncidentsQuery};
use crate::dto::page::ListBody;
use crate::dto::text::Text;
use crate::error_code::ErrorCode;
use crate::extract::{Body, Client, PathId, Query, SignedIn};
use crate::problem::Problem;

/// Every activation partner, in the order of the settings: there are so few that they are one page.
pub(crate) async fn partners(state: State) -> Result<Json<ListBody<ActivationPartnerBody>>, Problem> {
    let items = state.services.staff.activation_partners.list().await?;
    let all = Page { items, has_more: false };
    Ok(Json(ListBody::new(all, |_| String::new(), ActivationPartnerBody::from)))
}

/// No worker calls the partner from now on.
pub(crate) async fn pause(
    state: State,
    caller: SignedIn,
    client: Client,
    partner: PathId<ActivationPartner>,
    body: Body<ReasonBody>,
) -> Result<Json<ActivationPartnerBody>, Problem> {
    let Text(reason) = body.value.reason;
    let partners = &state.services.staff.activation_partners;
    partners.pause(partner.0, deed(&caller, &client, &reason)).await?;
    find(&state, partner.0).await
}

/// Workers call the partner again.
pub(crate) async fn resume(
    state: State,
    caller: SignedIn,
    client: Client,
    partner: PathId<ActivationPartner>,
    body: Body<ReasonBody>,
) -> Result<Json<ActivationPartnerBody>, Problem> {
    let Text(reason) = body.value.reason;
    let partners = &state.services.staff.activation_partners;
    partners.resume(partner.0, deed(&caller, &client, &reason)).await?;
    find(&state, partner.0).await
}

async fn find(state: &State, partner: ActivationPartner) -> Result<Json<ActivationPartnerBody>, Problem> {
    let partners = state.services.staff.activation_partners.list().await?;
    let found = partners.into_iter().find(|view| view.partner == partner);
    found.map(|view| Json(view.into())).ok_or_else(|| Problem::new(ErrorCode::ActivationPartnerNotFound))
}

/// One page of incidents, newest first.
pub(crate) async fn incidents(
    state: State,
    query: Query<IncidentsQuery>,
) -> Result<Json<ListBody<IncidentBody>>, Problem> {
    let (status, page) = query.0.search()?;
    let page = state.services.queries.incidents(status, &page).await?;
    let cursor = |last: &Incident| cursor::encode(INCIDENTS, &last.id);
    Ok(Json(ListBody::new(page, cursor, IncidentBody::from)))
}

/// One incident.
pub(crate) async fn incident(state: State, id: PathId<IncidentId>) -> Result<Json<IncidentBody>, Problem> {
    let incident = state.services.queries.incident(id.0).await?;
    incident.map(|incident| Json(incident.into())).ok_or_else(|| Problem::new(ErrorCode::IncidentNotFound))
}

/// A person has dealt with an incident.
pub(crate) async fn close(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<IncidentId>,
    body: Body<ReasonBody>,
) -> Result<Json<IncidentBody>, Problem> {
    let Text(reason) = body.value.reason;
    let deed = deed(&caller, &client, &reason);
    Ok(Json(state.services.staff.close_incidents.run(id.0, deed).await?.into()))
}
