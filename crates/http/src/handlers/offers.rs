//! The catalogue.

use std::slice::from_ref;

use actix_web::{HttpRequest, HttpResponse};
use offers_application::fallback::Known;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, Translations};
use offers_domain::ports::{OfferKey, OfferListQuery};
use offers_domain::user::Locale;

use super::{State, language};
use crate::answer::Conditional;
use crate::cursor;
use crate::dto::offers::{OfferBody, OfferSearch, OffersQuery, list_name};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::extract::{AskedLanguage, PathId, Query, SignedIn};
use crate::language::mark;
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
    let choice = are_translated(&page.as_ref().map(|page| &page.items[..]));
    let locale = language(&state, caller.0.user, &asked, choice).await?;
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
    let choice = are_translated(&offer.as_ref().map(from_ref));
    let locale = language(&state, caller.0.user, &asked, choice).await?;
    let body = offer.map(|offer| OfferBody::in_language(&offer, locale));
    Ok(spoken(shown(&request, body)?, locale))
}

/// Whether the language makes a difference. What is from before the store went away is shown without asking it.
fn are_translated(offers: &Known<&[Offer]>) -> bool {
    let translated = |offer: &Offer| offer.terms.translations != Translations::default();
    offers.stale.is_none() && offers.value.iter().any(translated)
}

fn spoken<T>(mut response: HttpResponse, locale: Locale) -> Conditional<T> {
    mark(response.headers_mut(), locale);
    Conditional::new(response)
}
