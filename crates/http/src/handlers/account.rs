//! What belongs to the caller.

use actix_web::web::Json;
use offers_domain::ids::{TransactionId, UserId, UserOfferId};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::user_offer::UserOfferStatus;
use offers_domain::views::{TransactionView, UserOfferView};

use super::State;
use crate::cursor;
use crate::dto::account::{
    AccountBody, BalanceBody, SUBSCRIPTIONS, SubscriptionBody, SubscriptionsQuery, TRANSACTIONS,
    TransactionBody, TransactionDetailBody, TransactionsQuery,
};
use crate::dto::page::ListBody;
use crate::error_code::ErrorCode;
use crate::extract::{PathId, Query, SignedIn};
use crate::problem::Problem;

fn no_wallet() -> Problem {
    Problem::new(ErrorCode::NoWallet)
}

/// The wallet.
pub(crate) async fn balance(state: State, caller: SignedIn) -> Result<Json<BalanceBody>, Problem> {
    let view = state.services.queries.balance(caller.0.user).await?.ok_or_else(no_wallet)?;
    Ok(Json(view.into()))
}

/// The wallet and the first hundred active subscriptions.
pub(crate) async fn overview(state: State, caller: SignedIn) -> Result<Json<AccountBody>, Problem> {
    overview_of(&state, caller.0.user).await.map(Json)
}

/// The same of anybody.
pub(crate) async fn overview_of(state: &State, user: UserId) -> Result<AccountBody, Problem> {
    let (queries, now) = (&state.services.queries, state.services.clock.now());
    let page = PageRequest::<UserOfferId> { limit: PageLimit::MAX, after: None };
    let balance = queries.balance(user).await?.ok_or_else(no_wallet)?;
    let active = queries.user_offers(user, Some(UserOfferStatus::Active), &page, now).await?;
    Ok(AccountBody::new(balance, active.items, now))
}

/// One page of the caller's subscriptions.
pub(crate) async fn subscriptions(
    state: State,
    caller: SignedIn,
    query: Query<SubscriptionsQuery>,
) -> Result<Json<ListBody<SubscriptionBody>>, Problem> {
    let (status, page) = query.0.search()?;
    let now = state.services.clock.now();
    let page = state.services.queries.user_offers(caller.0.user, status, &page, now).await?;
    let cursor = |last: &UserOfferView| cursor::encode(SUBSCRIPTIONS, &last.id);
    Ok(Json(ListBody::new(page, cursor, |view| SubscriptionBody::at(view, now))))
}

/// One page of the caller's orders.
pub(crate) async fn transactions(
    state: State,
    caller: SignedIn,
    query: Query<TransactionsQuery>,
) -> Result<Json<ListBody<TransactionBody>>, Problem> {
    let (filter, page) = query.0.search()?;
    let page = state.services.queries.transactions(caller.0.user, &filter, &page).await?;
    let cursor = |last: &TransactionView| cursor::encode(TRANSACTIONS, &last.status.place());
    Ok(Json(ListBody::new(page, cursor, TransactionBody::from)))
}

/// One order of the caller, with its history.
pub(crate) async fn transaction(
    state: State,
    caller: SignedIn,
    id: PathId<TransactionId>,
) -> Result<Json<TransactionDetailBody>, Problem> {
    let detail = state.services.queries.transaction(caller.0.user, id.0).await?;
    detail.map(|detail| Json(detail.into())).ok_or_else(|| Problem::new(ErrorCode::TransactionNotFound))
}
