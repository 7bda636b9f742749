//! The catalogue.

use actix_web::{HttpRequest, HttpResponse};
use offers_domain::ids::OfferId;
use offers_domain::ports::{OfferKey, OfferListQuery};

use super::State;
use crate::cursor;
use crate::dto::offers::{OfferBody, OfferSearch, OffersQuery, list_name};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::extract::{PathId, Query};
use crate::problem::Problem;
use crate::stale::shown;

/// One page of the offers on sale.
pub(crate) async fn list(
    state: State,
    query: Query<OffersQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let services = &state.services;
    let OfferSearch { filter, sort, page } = query.0.search(services.currency)?;
    let page = services.list_offers.run(&OfferListQuery { filter, sort, page }).await?;
    let cursor = |last: &_| cursor::encode(list_name(sort), &OfferKey::of(last, sort));
    shown(&request, page.map(|page| ListBody::new(page, cursor, OfferBody::from)))
}

/// One offer. One that is no longer sold is shown, too: somebody may hold it.
pub(crate) async fn get(
    state: State,
    id: PathId<OfferId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let offer = state.services.list_offers.offer(id.0).await?;
    let offer = offer.ok_or_else(|| Problem::new(ErrorCode::OfferNotFound))?;
    shown(&request, offer.map(OfferBody::from))
}
