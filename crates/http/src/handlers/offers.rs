//! The catalogue.

use actix_web::web::Json;
use actix_web::{HttpRequest, HttpResponse};
use offers_domain::ids::OfferId;
use offers_domain::ports::{OfferKey, OfferListQuery};

use super::State;
use crate::cursor;
use crate::dto::offers::{OfferBody, OfferSearch, OffersQuery, list_name};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::etag;
use crate::extract::{PathId, Query};
use crate::problem::Problem;

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
    etag::tagged_json(&request, &ListBody::new(page, cursor, OfferBody::from))
}

/// One offer. One that is no longer sold is shown, too: somebody may hold it.
pub(crate) async fn get(state: State, id: PathId<OfferId>) -> Result<Json<OfferBody>, Problem> {
    let offer = state.services.queries.offer(id.0).await?;
    offer.map(|offer| Json(offer.into())).ok_or_else(|| Problem::new(ErrorCode::OfferNotFound))
}
