//! What belongs to the caller.

use actix_web::web::Json;
use offers_domain::ids::{TransactionId, UserId, UserOfferId};
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::user::Locale;
use offers_domain::user_offer::UserOfferStatus;
use offers_domain::views::{BalanceView, TransactionView, UserOfferView};
use time::OffsetDateTime;

use super::{State, language};
use crate::answer::Spoken;
use crate::cursor;
use crate::dto::account::{
    AccountBody, BalanceBody, SUBSCRIPTIONS, SubscriptionBody, SubscriptionsQuery, TRANSACTIONS,
    TransactionBody, TransactionDetailBody, TransactionsQuery,
};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::extract::{AskedLanguage, PathId, Query, SignedIn};
use crate::problem::Problem;

fn no_wallet() -> Problem {
    Problem::new(ErrorCode::NoWallet)
}

/// The wallet.
pub(crate) async fn balance(state: State, caller: SignedIn) -> Result<Json<BalanceBody>, Problem> {
    let view = state.services.queries.balance(caller.0.user).await?.ok_or_else(no_wallet)?;
    Ok(Json(view.into()))
}

/// The wallet and the newest hundred active subscriptions.
pub(crate) async fn overview(
    state: State,
    caller: SignedIn,
    asked: AskedLanguage,
) -> Result<Spoken<AccountBody>, Problem> {
    let overview = overview_of(&state, caller.0.user).await?;
    let choice = overview.active.items.iter().any(|view| view.offer.name.is_translated());
    let locale = language(&state, caller.0.user, &asked, choice).await?;
    Ok(Spoken { locale, body: overview.in_language(locale) })
}

/// What somebody has at a time.
pub(crate) struct Overview {
    balance: BalanceView,
    active: Page<UserOfferView>,
    now: OffsetDateTime,
}

impl Overview {
    /// Shown in this language.
    pub(crate) fn in_language(self, locale: Locale) -> AccountBody {
        AccountBody::new(self.balance, &self.active, self.now, locale)
    }
}

/// The same of anybody.
pub(crate) async fn overview_of(state: &State, user: UserId) -> Result<Overview, Problem> {
    let (queries, now) = (&state.services.queries, state.services.clock.now());
    let page = PageRequest::<UserOfferId> { limit: PageLimit::MAX, after: None };
    let balance = queries.balance(user).await?.ok_or_else(no_wallet)?;
    let active = queries.user_offers(user, Some(UserOfferStatus::Active), &page, now).await?;
    Ok(Overview { balance, active, now })
}

/// One page of the caller's subscriptions.
pub(crate) async fn subscriptions(
    state: State,
    caller: SignedIn,
    query: Query<SubscriptionsQuery>,
    asked: AskedLanguage,
) -> Result<Spoken<ListBody<SubscriptionBody>>, Problem> {
    let (status, page) = query.0.search()?;
    let now = state.services.clock.now();
    let page = state.services.queries.user_offers(caller.0.user, status, &page, now).await?;
    let choice = page.items.iter().any(|view| view.offer.name.is_translated());
    let locale = language(&state, caller.0.user, &asked, choice).await?;
    let cursor = |last: &UserOfferView| cursor::encode(SUBSCRIPTIONS, &last.id);
    let body = ListBody::new(page, cursor, |view| SubscriptionBody::at(&view, now, locale));
    Ok(Spoken { locale, body })
}

/// One page of the caller's orders.
pub(crate) async fn transactions(
    state: State,
    caller: SignedIn,
    query: Query<TransactionsQuery>,
    asked: AskedLanguage,
) -> Result<Spoken<ListBody<TransactionBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.transactions(caller.0.user, &filter, &page).await?;
    let choice = page.items.iter().any(|view| view.offer.name.is_translated());
    let locale = language(&state, caller.0.user, &asked, choice).await?;
    let cursor = |last: &TransactionView| cursor::encode(TRANSACTIONS, &last.status.place());
    let body = ListBody::new(page, cursor, |view| TransactionBody::in_language(view, locale));
    Ok(Spoken { locale, body })
}

/// One order of the caller, with its history.
pub(crate) async fn transaction(
    state: State,
    caller: SignedIn,
    id: PathId<TransactionId>,
    asked: AskedLanguage,
) -> Result<Spoken<TransactionDetailBody>, Problem> {
    let detail = state.services.queries.transaction(caller.0.user, id.0).await?;
    let detail = detail.ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))?;
    let choice = detail.transaction.offer.name.is_translated();
    let locale = language(&state, caller.0.user, &asked, choice).await?;
    Ok(Spoken { locale, body: TransactionDetailBody::in_language(detail, locale) })
}
