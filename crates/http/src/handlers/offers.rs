//! The catalogue.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, Translations};
use offers_domain::ports::{OfferKey, OfferListQuery};
use offers_domain::user::Locale;

use super::State;
use crate::cursor;
use crate::dto::offers::{OfferBody, OfferSearch, OffersQuery, list_name};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::etag;
use crate::extract::{PathId, Query, SignedIn};
use crate::language;
use crate::problem::Problem;

/// One page of the offers on sale.
pub(crate) async fn list(
    state: State,
    caller: SignedIn,
    query: Query<OffersQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let services = &state.services;
    let OfferSearch { filter, sort, page } = query.0.search(services.currency)?;
    let page = services.list_offers.run(&OfferListQuery { filter, sort, page }).await?;
    let locale = language(&state, &caller, &request, &page.items).await?;
    let cursor = |last: &_| cursor::encode(list_name(sort), &OfferKey::of(last, sort));
    let body = ListBody::new(page, cursor, |offer| OfferBody::in_language(&offer, locale));
    Ok(spoken(etag::tagged_json(&request, &body)?, locale))
}

/// One offer. One that is retired exists for those who hold it alone.
pub(crate) async fn get(
    state: State,
    caller: SignedIn,
    id: PathId<OfferId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let queries = &state.services.queries;
    let offer = queries.offer(id.0).await?.ok_or_else(|| Problem::new(ErrorCode::OfferNotFound))?;
    if !offer.is_active && !queries.holds(caller.0.user, id.0).await? {
        return Err(Problem::new(ErrorCode::OfferNotFound));
    }
    let locale = language(&state, &caller, &request, std::slice::from_ref(&offer)).await?;
    Ok(spoken(HttpResponse::Ok().json(OfferBody::in_language(&offer, locale)), locale))
}

/// What the client asks for, else what the caller speaks. Nobody is looked up where there is nothing to choose.
async fn language(
    state: &State,
    caller: &SignedIn,
    request: &HttpRequest,
    offers: &[Offer],
) -> Result<Locale, Problem> {
    if let Some(asked) = language::asked_for(request.headers()) {
        return Ok(asked);
    }
    if offers.iter().all(|offer| offer.terms.translations == Translations::default()) {
        return Ok(Locale::En);
    }
    let user = state.services.queries.user(caller.0.user).await?;
    Ok(user.map_or(Locale::En, |user| user.locale))
}

fn spoken(mut response: HttpResponse, locale: Locale) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.as_str()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}
