//! The catalogue.

use std::slice::from_ref;

use actix_web::{HttpRequest, HttpResponse};
use offers_application::fallback::Known;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, Translations};
use offers_domain::ports::{OfferKey, OfferListQuery, StoreError};
use offers_domain::user::Locale;

use super::State;
use crate::answer::Conditional;
use crate::cursor;
use crate::dto::offers::{OfferBody, OfferSearch, OffersQuery, list_name};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::extract::{AskedLanguage, PathId, Query, SignedIn};
use crate::language;
use crate::problem::Problem;
use crate::stale::shown;

/// One page of the offers on sale.
pub(crate) async fn list(
    state: State,
    caller: SignedIn,
    query: Query<OffersQuery>,
    asked: AskedLanguage,
    request: HttpRequest,
) -> Result<Conditional<ListBody<OfferBody>>, Problem> {
    let services = &state.services;
    let OfferSearch { filter, sort, page } = query.0.search(services.currency)?;
    let page = services.list_offers.run(&OfferListQuery { filter, sort, page }).await?;
    let locale = language(&state, &caller, &asked, page.as_ref().map(|page| &page.items[..])).await?;
    let cursor = |last: &_| cursor::encode(list_name(sort), &OfferKey::of(last, sort));
    let in_language = |offer: Offer| OfferBody::in_language(&offer, locale);
    let body = page.map(|page| ListBody::new(page, cursor, in_language));
    Ok(spoken(shown(&request, body)?, locale))
}

/// One offer. One that is retired exists for those who hold it alone.
pub(crate) async fn get(
    state: State,
    caller: SignedIn,
    id: PathId<OfferId>,
    asked: AskedLanguage,
    request: HttpRequest,
) -> Result<Conditional<OfferBody>, Problem> {
    let services = &state.services;
    let offer = services.list_offers.offer(id.0).await?;
    let offer = offer.ok_or_else(|| Problem::new(ErrorCode::OfferNotFound))?;
    if !offer.value.is_active && !services.queries.holds(caller.0.user, id.0).await? {
        return Err(Problem::new(ErrorCode::OfferNotFound));
    }
    let locale = language(&state, &caller, &asked, offer.as_ref().map(from_ref)).await?;
    let body = offer.map(|offer| OfferBody::in_language(&offer, locale));
    Ok(spoken(shown(&request, body)?, locale))
}

/// What the client asks for, else what the caller speaks. Nobody is looked up where there is nothing to choose; where
/// the store does not answer, it is English.
async fn language(
    state: &State,
    caller: &SignedIn,
    asked: &AskedLanguage,
    offers: Known<&[Offer]>,
) -> Result<Locale, Problem> {
    if let AskedLanguage(Some(asked)) = *asked {
        return Ok(asked);
    }
    let plain = offers.value.iter().all(|offer| offer.terms.translations == Translations::default());
    if plain || offers.stale.is_some() {
        return Ok(Locale::En);
    }
    match state.services.queries.user(caller.0.user).await {
        Err(StoreError::Unavailable(_) | StoreError::Overloaded(_)) => Ok(Locale::En),
        found => Ok(found?.map_or(Locale::En, |user| user.locale)),
    }
}

fn spoken<T>(mut response: HttpResponse, locale: Locale) -> Conditional<T> {
    language::mark(response.headers_mut(), locale);
    Conditional::new(response)
}
