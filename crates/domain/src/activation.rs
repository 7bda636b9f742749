//! Taking orders: a batch of commands over the loaded wallets, offers, subscriptions and idempotency records.

use std::collections::{HashMap, HashSet};

use thiserror::Error;
use time::OffsetDateTime;

use crate::account::{Account, AccountError};
use crate::idempotency::{IdempotencyHandle, IdempotencyRecord, Scope, StoredResponse};
use crate::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use crate::ledger::Transfer;
use crate::offer::{Offer, PurchasePolicy};
use crate::ports::Locked;
use crate::transaction::{Channel, Order, Transaction};
use crate::user_offer::NewUserOffer;

/// The wish of a customer to buy an offer.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// The order's id, made before the batch, so that running it again cannot place it twice.
    pub id: TransactionId,
    /// Who pays and gets the service.
    pub user: UserId,
    /// The login that asks, which must still live when the money moves; none where it is not a login that asks.
    pub session: Option<SessionId>,
    /// What they want.
    pub offer: OfferId,
    /// The client's name for this request, if it gave one.
    pub handle: Option<IdempotencyHandle>,
    /// Writes the answer that is kept with the handle: a pure function of the order.
    pub respond: fn(&Transaction) -> StoredResponse,
}

/// What a customer already has of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// A subscription that runs now.
    pub active: Option<UserOfferId>,
    /// An order that has not ended.
    pub open: Option<TransactionId>,
}

/// What was loaded for a batch; the wallets are locked.
#[derive(Debug, Default)]
pub struct OrderBook {
    /// Records of the commands' handles.
    pub records: HashMap<Scope, IdempotencyRecord>,
    /// Those of the commands' sessions that live.
    pub live_sessions: HashSet<SessionId>,
    /// The wallets of the commands' users.
    pub wallets: HashMap<UserId, Locked<Account>>,
    /// The offers they want.
    pub offers: HashMap<OfferId, Offer>,
    /// What they already have of them; nothing where missing.
    pub holdings: HashMap<(UserId, OfferId), Holding>,
}

/// What must be saved, in one commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct OrderWrites {
    /// Charges.
    pub transfers: Vec<Transfer>,
    /// Orders, PENDING.
    pub transactions: Vec<Transaction>,
    /// Subscriptions, pending.
    pub user_offers: Vec<NewUserOffer>,
    /// Answers to give again.
    pub records: Vec<IdempotencyRecord>,
}

/// An order that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placed {
    /// Now.
    Fresh(Transaction),
    /// Before, by a request with the same key: the same answer.
    Replayed {
        /// The order of then.
        transaction: TransactionId,
        /// The answer of then.
        response: StoredResponse,
    },
}

/// Why an order was refused. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OrderRefusal {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// No such offer, or not on sale now.
    #[error("there is no such offer on sale")]
    OfferNotFound,
    /// The wallet does not cover the price.
    #[error("the balance does not cover the price")]
    InsufficientBalance,
    /// The offer's purchase policy refuses a second subscription.
    #[error("the offer is already active")]
    OfferAlreadyActive,
    /// An order for the same offer has not ended, and nothing says that this is another one.
    #[error("an order for this offer is still being processed")]
    OrderInProgress(TransactionId),
    /// The key was used for a different request.
    #[error("the idempotency key was used for a different request")]
    KeyReused,
    /// The user has no wallet.
    #[error("the user has no wallet")]
    NoWallet,
}

/// Walks the commands in arrival order over the running balances. Each is taken or refused by itself: a refused one
/// writes nothing and a later, cheaper one of the same wallet may still pass.
pub fn place_orders(
    batch: &[PlaceOrder],
    book: &mut OrderBook,
    now: OffsetDateTime,
) -> (Vec<Result<Placed, OrderRefusal>>, OrderWrites) {
    let mut writes = OrderWrites::default();
    let answers = batch.iter().map(|command| place_one(command, book, now, &mut writes)).collect();
    (answers, writes)
}

fn place_one(
    command: &PlaceOrder,
    book: &mut OrderBook,
    now: OffsetDateTime,
    writes: &mut OrderWrites,
) -> Result<Placed, OrderRefusal> {
    if command.session.is_some_and(|session| !book.live_sessions.contains(&session)) {
        return Err(OrderRefusal::SessionEnded);
    }
    if let Some(replayed) = replay(command, book)? {
        return Ok(replayed);
    }
    let offer = book
        .offers
        .get(&command.offer)
        .filter(|offer| offer.on_sale(now))
        .ok_or(OrderRefusal::OfferNotFound)?;
    let holding = book.holdings.entry((command.user, command.offer)).or_default();
    let renews = check_holding(offer.terms.purchase_policy, *holding, command.handle.is_some())?;
    let wallet = book.wallets.get_mut(&command.user).ok_or(OrderRefusal::NoWallet)?;
    let charge = wallet.charge(offer.terms.price, command.id).map_err(|error| match error {
        AccountError::InsufficientBalance => OrderRefusal::InsufficientBalance,
        // A price in another currency than the wallet's: for this customer the offer is not on sale.
        AccountError::Money(_) => OrderRefusal::OfferNotFound,
    })?;
    let order = Order {
        user: command.user,
        offer: command.offer,
        account: wallet.id(),
        amount: offer.terms.price,
        duration_days: offer.terms.duration_days,
        channel: Channel::Customer,
        renews,
    };
    let transaction = Transaction::place(command.id, order, now);
    holding.open = Some(command.id);
    writes.transfers.push(charge);
    writes.transactions.push(transaction.clone());
    if renews.is_none() {
        writes.user_offers.push(NewUserOffer {
            user: command.user,
            offer: command.offer,
            transaction: command.id,
            created_at: now,
        });
    }
    if let Some(handle) = &command.handle {
        let record = IdempotencyRecord {
            handle: handle.clone(),
            transaction: command.id,
            response: (command.respond)(&transaction),
            created_at: now,
        };
        book.records.insert(handle.scope.clone(), record.clone());
        writes.records.push(record);
    }
    Ok(Placed::Fresh(transaction))
}

fn replay(command: &PlaceOrder, book: &OrderBook) -> Result<Option<Placed>, OrderRefusal> {
    let Some(handle) = &command.handle else { return Ok(None) };
    match book.records.get(&handle.scope) {
        None => Ok(None),
        Some(record) if record.handle.fingerprint != handle.fingerprint => Err(OrderRefusal::KeyReused),
        Some(record) => {
            Ok(Some(Placed::Replayed { transaction: record.transaction, response: record.response.clone() }))
        }
    }
}

/// The subscription to extend, if the policy says so. Without a key, a second order while the first has not ended is a
/// double click; with a key the client has said that it is another order.
fn check_holding(
    policy: PurchasePolicy,
    holding: Holding,
    has_key: bool,
) -> Result<Option<UserOfferId>, OrderRefusal> {
    let repeatable = has_key && policy == PurchasePolicy::Allow;
    match (policy, holding) {
        (_, Holding { open: Some(open), .. }) if !repeatable => Err(OrderRefusal::OrderInProgress(open)),
        (PurchasePolicy::Reject, Holding { active: Some(_), .. }) => Err(OrderRefusal::OfferAlreadyActive),
        (PurchasePolicy::Extend, Holding { active, .. }) => Ok(active),
        _ => Ok(None),
    }
}
