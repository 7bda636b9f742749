//! The caller's subscriptions: which end soon, and which renew themselves.

use offers_domain::ids::UserOfferId;
use offers_domain::user_offer::Ending;
use offers_domain::views::UserOfferView;

use super::{State, language};
use crate::answer::Spoken;
use crate::cursor;
use crate::dto::account::SubscriptionBody;
use crate::dto::page::ListBody;
use crate::dto::subscriptions::{EXPIRING, ExpiringQuery, SubscriptionChange};
use crate::error_code::ErrorCode;
use crate::extract::{AskedLanguage, Body, PathId, Query, SignedIn};
use crate::problem::Problem;

/// One page of the subscriptions that end soon, the first to end first.
pub(crate) async fn expiring(
    state: State,
    caller: SignedIn,
    query: Query<ExpiringQuery>,
    asked: AskedLanguage,
) -> Result<Spoken<ListBody<SubscriptionBody>>, Problem> {
    let (soon, page) = query.0.search()?;
    let now = state.services.clock.now();
    let until = now.saturating_add(soon);
    let page = state.services.queries.expiring(caller.0.user, until, &page, now).await?;
    let cursor = |last: &UserOfferView| {
        let at = last.period.map_or(until, |period| period.expires_at);
        cursor::encode(EXPIRING, &Ending { at, id: last.id })
    };
    let choice = page.items.iter().any(|view| view.offer.name.is_translated());
    let locale = language(&state, caller.0.user, &asked, choice).await?;
    let body = ListBody::new(page, cursor, |view| SubscriptionBody::at(&view, now, locale));
    Ok(Spoken { locale, body })
}

/// Lets a subscription renew itself, or not.
pub(crate) async fn change(
    state: State,
    caller: SignedIn,
    id: PathId<UserOfferId>,
    body: Body<SubscriptionChange>,
    asked: AskedLanguage,
) -> Result<Spoken<SubscriptionBody>, Problem> {
    let services = &state.services;
    services.switch_auto_renew.run(&caller.0, id.0, body.value.auto_renew).await?;
    let now = services.clock.now();
    let view = services.queries.user_offer(caller.0.user, id.0, now).await?;
    let view = view.ok_or_else(|| Problem::new(ErrorCode::UserOfferNotFound))?;
    let locale = language(&state, caller.0.user, &asked, view.offer.name.is_translated()).await?;
    Ok(Spoken { locale, body: SubscriptionBody::at(&view, now, locale) })
}
