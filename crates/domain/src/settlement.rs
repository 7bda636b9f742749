//! Ending a claim: a batch of answers over the locked transactions, accounts and subscriptions; or none, where the worker
//! stops before there is one.

use std::collections::HashMap;

use thiserror::Error;
use time::OffsetDateTime;

use crate::account::{Account, AccountError, AccountOwner};
use crate::auto_renew::RenewalObstacle;
use crate::expiry::auto_renew_failed;
use crate::ids::{AccountId, OfferId, TransactionId};
use crate::incident::NewIncident;
use crate::ledger::Transfer;
use crate::notice::{News, Occasion};
use crate::offer::Stock;
use crate::partner::{Answer, Step};
use crate::ports::Locked;
use crate::retry::{Jitter, RetryPolicy, Verdict};
use crate::transaction::{Order, Transaction, TransitionError};
use crate::user_offer::{UserOffer, UserOfferRef, UserOfferTransition};
use crate::webhook::event::{Happening, Term, What};

/// One call to the partner, as it will be kept for audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The order.
    pub transaction: TransactionId,
    /// The claim's fencing number.
    pub number: u32,
    /// The last call of the claim.
    pub step: Step,
    /// What the partner said to it.
    pub answer: Answer,
    /// When the claim's first call began, UTC.
    pub started_at: OffsetDateTime,
    /// When its last call ended, UTC.
    pub ended_at: OffsetDateTime,
}

/// The wish to end a claim with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// The call and its answer.
    pub attempt: Attempt,
    /// The account to refund where the answer returns the money.
    pub account: AccountId,
    /// The subscription that the answer switches on or gives up.
    pub user_offer: UserOfferRef,
    /// Randomness for a retry's delay.
    pub jitter: Jitter,
}

/// What was loaded and locked for a batch, in lock order: accounts, transactions, user offers.
#[derive(Debug, Default)]
pub struct SettleBook {
    /// The accounts of the settlements that may refund.
    pub accounts: HashMap<AccountId, Locked<Account>>,
    /// Every transaction of the batch.
    pub transactions: HashMap<TransactionId, Locked<Transaction>>,
    /// The subscriptions of the settlements that may end their order.
    pub user_offers: HashMap<UserOfferRef, Locked<UserOffer>>,
    /// The stocks that failed orders may give back to.
    pub stocks: HashMap<OfferId, Locked<Stock>>,
}

/// What must be saved, in one commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SettleWrites {
    /// Refunds.
    pub transfers: Vec<Transfer>,
    /// Orders with their new state.
    pub transactions: Vec<Transaction>,
    /// Subscriptions with their new state.
    pub user_offers: Vec<UserOffer>,
    /// Calls, for audit.
    pub attempts: Vec<Attempt>,
    /// Stocks that failed orders gave back to, as they then are.
    pub stocks: Vec<Stock>,
    /// What the customers are told.
    pub news: Vec<News>,
    /// What endpoints are told.
    pub events: Vec<Happening>,
    /// What was said after an order had ended otherwise.
    pub incidents: Vec<NewIncident>,
}

/// Why one settlement of a batch did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SettleError {
    /// Another worker has the order, or it has ended: this answer comes too late.
    #[error(transparent)]
    Late(#[from] TransitionError),
    /// The subscription cannot follow the order.
    #[error(transparent)]
    UserOffer(#[from] UserOfferTransition),
    /// The account cannot take the refund.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The store did not have a row that the order needs.
    #[error("the order's {0} is missing")]
    Missing(&'static str),
}

/// Walks the answers in arrival order. Each gives the order's new state or the reason why nothing changed; one that
/// fails leaves its neighbours alone.
pub fn settle(
    batch: &[Settle],
    book: &mut SettleBook,
    policy: &RetryPolicy,
    now: OffsetDateTime,
) -> (Vec<Result<Transaction, SettleError>>, SettleWrites) {
    let mut writes = SettleWrites::default();
    let answers = batch.iter().map(|command| settle_one(command, book, policy, now, &mut writes)).collect();
    (answers, writes)
}

/// What an activation partner says of an order, to whoever holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) transaction: TransactionId,
    /// The fencing number of the claim.
    pub(crate) number: u32,
    pub(crate) step: Step,
    pub(crate) answer: &'a Answer,
    pub(crate) user_offer: UserOfferRef,
    pub(crate) jitter: Jitter,
}

/// A worker's claim on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The order.
    pub transaction: TransactionId,
    /// The claim's fencing number.
    pub number: u32,
}

impl Claim {
    /// The claim that an order was just taken with.
    pub fn on(transaction: &Transaction) -> Self {
        Self { transaction: transaction.id(), number: transaction.attempt() }
    }
}

/// Gives claims back without an answer. Returns the orders that another worker may now take; claims that are over already
/// change nothing.
pub fn release(
    claims: &[Claim],
    transactions: &mut [Locked<Transaction>],
    now: OffsetDateTime,
) -> Vec<Transaction> {
    let numbers: HashMap<_, _> = claims.iter().map(|claim| (claim.transaction, claim.number)).collect();
    let mut released = Vec::with_capacity(claims.len());
    for transaction in transactions {
        let number = numbers.get(&transaction.id());
        if number.is_some_and(|number| transaction.release(*number, now).is_ok()) {
            released.push((**transaction).clone());
        }
    }
    released
}

fn settle_one(
    command: &Settle,
    book: &mut SettleBook,
    policy: &RetryPolicy,
    now: OffsetDateTime,
    writes: &mut SettleWrites,
) -> Result<Transaction, SettleError> {
    let Settle { attempt, user_offer, jitter, .. } = command;
    let Attempt { transaction, number, step, answer, .. } = attempt;
    let said = Said {
        transaction: *transaction,
        number: *number,
        step: *step,
        answer,
        user_offer: *user_offer,
        jitter: *jitter,
    };
    let ended = conclude(&said, book, policy, now, writes);
    match &ended {
        Ok(_) => writes.attempts.push(attempt.clone()),
        Err(SettleError::Late(TransitionError::Final)) => {
            let order = book.transactions.get(transaction);
            writes.incidents.extend(order.and_then(|order| NewIncident::of(order, answer, now)));
        }
        Err(_) => {}
    }
    ended
}

/// What follows for an order, from whomever the answer came.
pub(crate) fn conclude(
    said: &Said<'_>,
    book: &mut SettleBook,
    policy: &RetryPolicy,
    now: OffsetDateTime,
    writes: &mut SettleWrites,
) -> Result<Transaction, SettleError> {
    let Said { transaction: id, number, step, answer, user_offer: pointer, jitter } = *said;
    let transaction = book.transactions.get_mut(&id).ok_or(SettleError::Missing("transaction"))?;
    transaction.check_claim(number)?;
    match policy.judge(transaction, step, answer, now, jitter) {
        Verdict::Succeed { reference } => {
            let order = *transaction.order();
            let user_offer = user_offer(book.user_offers.get_mut(&pointer))?;
            let expires_at = user_offer.grant(order.duration_days, now)?.expires_at;
            transaction.succeed(number, reference, now)?;
            writes.user_offers.push(**user_offer);
            let term = Term { subscription: user_offer.id, ends_at: expires_at };
            let granted = order.renews.map_or(What::Activated(term), |_| What::Renewed(term));
            writes.events.push(ended(id, &order, What::Succeeded));
            writes.events.push(Happening::of_subscription(user_offer, granted));
            let occasion = Occasion::ActivationSucceeded { transaction: id, offer: order.offer, expires_at };
            writes.news.push(News { user: order.user, occasion });
        }
        Verdict::Fail(failure) => {
            let order = *transaction.order();
            let account = book.accounts.get_mut(&order.account).ok_or(SettleError::Missing("account"))?;
            let mut given_up = None;
            if order.renews.is_none() {
                let mut pending = **user_offer(book.user_offers.get_mut(&pointer))?;
                pending.cancel()?;
                given_up = Some(pending);
            }
            let refund = account.refund(order.amount, id)?;
            let kind = failure.kind;
            transaction.fail(number, failure, now)?;
            writes.events.push(ended(id, &order, What::Failed(kind)));
            if let Some(stock) = book.stocks.get_mut(&order.offer).filter(|_| order.from_stock) {
                stock.taken = stock.taken.saturating_sub(1);
                writes.stocks.retain(|earlier| earlier.offer != stock.offer);
                writes.stocks.push(**stock);
            }
            writes.transfers.push(refund);
            writes.user_offers.extend(given_up);
            let own = account.owner() == AccountOwner::User(order.user);
            let refund = own.then_some(order.amount);
            let occasion = Occasion::ActivationFailed { transaction: id, offer: order.offer, refund };
            writes.news.push(News { user: order.user, occasion });
            writes.news.extend(last_renewal_failed(&order, book.user_offers.get(&pointer), now));
        }
        Verdict::Wait { phase, schedule, reference } => {
            transaction.wait(number, phase, schedule, reference, now)?;
        }
    }
    writes.transactions.push((**transaction).clone());
    Ok((**transaction).clone())
}

/// What the holder of a subscription is told that renews itself, where this order was the last one for its period.
fn last_renewal_failed(
    order: &Order,
    renewed: Option<&Locked<UserOffer>>,
    now: OffsetDateTime,
) -> Option<News> {
    let renewed = renewed
        .filter(|held| order.is_by_itself() && order.renews == Some(held.id) && held.is_past_renewing(now))?;
    auto_renew_failed(renewed, order.amount, RenewalObstacle::Partner)
}

fn ended(id: TransactionId, order: &Order, what: What) -> Happening {
    Happening { about: id, user: order.user, offer: order.offer, what }
}

fn user_offer(loaded: Option<&mut Locked<UserOffer>>) -> Result<&mut Locked<UserOffer>, SettleError> {
    loaded.ok_or(SettleError::Missing("user offer"))
}
