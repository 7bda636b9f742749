//! The catalogue.

use actix_web::web::Json;
use offers_domain::ids::OfferId;
use offers_domain::offer::Offer;

use super::{State, deed};
use crate::answer::Versioned;
use crate::cursor;
use crate::dto::admin::ReasonBody;
use crate::dto::admin::offers::{NewOfferBody, OfferChangeBody, SHELF, ShelfBody, ShelfQuery};
use crate::dto::page::ListBody;
use crate::dto::text::Text;
use crate::error_code::ErrorCode;
use crate::etag::ETag;
use crate::extract::{Body, Client, IfMatch, PathId, Query, SignedIn};
use crate::problem::Problem;

/// One page of all offers, retired ones too, by id.
pub(crate) async fn list(
    state: State,
    query: Query<ShelfQuery>,
) -> Result<Json<ListBody<ShelfBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.shelf(&filter, &page).await?;
    Ok(Json(ListBody::new(page, |last: &Offer| cursor::encode(SHELF, &last.id), ShelfBody::from)))
}

/// One offer with all its terms.
pub(crate) async fn get(state: State, id: PathId<OfferId>) -> Result<Versioned<ShelfBody>, Problem> {
    let offer = state.services.queries.offer(id.0).await?;
    Ok(shown(offer.ok_or_else(|| Problem::new(ErrorCode::OfferNotFound))?))
}

/// Its version is what a change names.
fn shown<const STATUS: u16>(offer: Offer) -> Versioned<ShelfBody, STATUS> {
    Versioned { tag: ETag::of_version(offer.version), body: offer.into() }
}

/// Adds an offer.
pub(crate) async fn create(
    state: State,
    caller: SignedIn,
    client: Client,
    body: Body<NewOfferBody>,
) -> Result<Versioned<ShelfBody, 201>, Problem> {
    let (terms, reason) = body.value.terms(state.services.currency)?;
    let offer = state.services.staff.keep_offers.create(terms, deed(&caller, &client, &reason)).await?;
    Ok(shown(offer))
}

/// Changes what an offer promises.
pub(crate) async fn change(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<OfferId>,
    seen: IfMatch,
    body: Body<OfferChangeBody>,
) -> Result<Versioned<ShelfBody>, Problem> {
    let (change, reason) = body.value.change(state.services.currency)?;
    let deed = deed(&caller, &client, &reason);
    Ok(shown(state.services.staff.keep_offers.edit(id.0, change, seen.0, deed).await?))
}

/// Takes an offer from sale.
pub(crate) async fn retire(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<OfferId>,
    seen: IfMatch,
    body: Body<ReasonBody>,
) -> Result<Versioned<ShelfBody>, Problem> {
    let Text(reason) = body.value.reason;
    let deed = deed(&caller, &client, &reason);
    Ok(shown(state.services.staff.keep_offers.retire(id.0, seen.0, deed).await?))
}

/// Brings a retired offer back.
pub(crate) async fn restore(
    state: State,
    caller: SignedIn,
    client: Client,
    id: PathId<OfferId>,
    seen: IfMatch,
    body: Body<ReasonBody>,
) -> Result<Versioned<ShelfBody>, Problem> {
    let Text(reason) = body.value.reason;
    let deed = deed(&caller, &client, &reason);
    Ok(shown(state.services.staff.keep_offers.restore(id.0, seen.0, deed).await?))
}
