//! Taking orders: a batch of commands over the loaded accounts, offers, subscriptions and idempotency records. Purchases
//! and renewals of every channel go through the one function [`place_orders`].

mod command;

use std::collections::{HashMap, HashSet};

use thiserror::Error;
use time::OffsetDateTime;

use crate::account::{Account, AccountError, AccountOwner};
use crate::idempotency::{IdempotencyRecord, Scope, StoredResponse};
use crate::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use crate::ledger::Transfer;
use crate::money::Amount;
use crate::offer::{Offer, PurchasePolicy};
use crate::partner_channel::api_key::KeyRefusal;
use crate::partner_channel::reference::{KnownPartnerOrder, PartnerOrder};
use crate::partner_channel::sale::SalesBook;
use crate::ports::Locked;
use crate::transaction::{Order, Transaction};
use crate::user_offer::{NewUserOffer, RenewalOf, UserOffer, UserOfferState};

pub use command::{Payer, PlaceOrder, Receipt, Wish};

/// What a customer already has of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// A subscription that runs now.
    pub active: Option<UserOfferId>,
    /// An order that has not ended.
    pub open: Option<TransactionId>,
}

/// A subscription that a customer wants to renew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewable {
    /// It, as it stands.
    pub subscription: UserOffer,
    /// An order that extends it and has not ended.
    pub open: Option<TransactionId>,
}

/// What was loaded for a batch; the accounts are locked.
#[derive(Debug, Default)]
pub struct OrderBook {
    /// Records of the commands' handles.
    pub records: HashMap<Scope, IdempotencyRecord>,
    /// Those of the commands' sessions that live.
    pub live_sessions: HashSet<SessionId>,
    /// The wallets of the commands' users, and whatever other accounts pay.
    pub accounts: HashMap<AccountOwner, Locked<Account>>,
    /// The offers that are bought, and those of the subscriptions that are renewed.
    pub offers: HashMap<OfferId, Offer>,
    /// What the users already have of the offers they buy; nothing where missing.
    pub holdings: HashMap<(UserId, OfferId), Holding>,
    /// The subscriptions that are renewed; missing where there is none, or it is another's.
    pub renewables: HashMap<(UserId, RenewalOf), Renewable>,
    /// What partners have brought along.
    pub sales: SalesBook,
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
    /// Names of partners' orders.
    pub partner_orders: Vec<PartnerOrder>,
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
    /// The user has no such subscription.
    #[error("the user has no such subscription")]
    UserOfferNotFound,
    /// The subscription's offer is not sold any more, so it runs out.
    #[error("the offer is retired and cannot be renewed")]
    OfferRetired,
    /// The account does not cover the price.
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
    /// The partner's key does not open this any more.
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    /// The partner expects another price than the one it has to pay.
    #[error("the amount is not the offer's price for the partner")]
    AmountMismatch,
    /// The partner's settlement account and credit limit do not cover the price.
    #[error("the settlement account does not cover the price")]
    InsufficientPartnerFunds,
    /// The partner gave this name to a different order.
    #[error("the partner's reference was used for a different order")]
    PartnerReferenceReused,
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
    let sale = match command.sale() {
        None => None,
        Some(sale) => Some((sale, book.sales.admit(sale, now)?)),
    };
    if let Some(replayed) = replay(command, book)? {
        return Ok(replayed);
    }
    let deal = match command.wish {
        Wish::Buy(offer) => purchase(command, offer, book, now)?,
        Wish::Renew(of) => renewal(command.user, of, book)?,
    };
    let customer = AccountOwner::User(command.user);
    let (payer, amount) = match &sale {
        None => (customer, deal.amount),
        Some((sale, terms)) => {
            // Whoever pays: a service is for somebody who is known.
            book.accounts.get(&customer).ok_or(OrderRefusal::NoWallet)?;
            let price = sale.price(terms, deal.amount).map_err(|_| OrderRefusal::OfferNotFound)?;
            (sale.charged(terms, command.user), price.ok_or(OrderRefusal::AmountMismatch)?)
        }
    };
    let account = book.accounts.get_mut(&payer).ok_or(OrderRefusal::NoWallet)?;
    let charge = account.charge(amount, command.id).map_err(|error| match error {
        AccountError::InsufficientBalance if payer != customer => OrderRefusal::InsufficientPartnerFunds,
        AccountError::InsufficientBalance => OrderRefusal::InsufficientBalance,
        // A price in another currency than the account's: for this customer the offer is not on sale.
        AccountError::Money(_) => OrderRefusal::OfferNotFound,
    })?;
    let order = Order {
        user: command.user,
        offer: deal.offer,
        account: account.id(),
        amount,
        duration_days: deal.duration_days,
        channel: command.channel,
        renews: deal.renews,
    };
    let transaction = Transaction::place(command.id, order, now);
    note_open(book, &transaction);
    writes.transfers.push(charge);
    writes.transactions.push(transaction.clone());
    if deal.renews.is_none() {
        writes.user_offers.push(NewUserOffer {
            user: command.user,
            offer: deal.offer,
            transaction: command.id,
            created_at: now,
        });
    }
    if let Some(handle) = &command.handle {
        let record = IdempotencyRecord {
            handle: handle.clone(),
            transaction: command.id,
            response: (command.respond)(&command.receipt()),
            created_at: now,
        };
        book.records.insert(handle.scope.clone(), record.clone());
        writes.records.push(record);
    }
    if let Some((sale, _)) = sale {
        let order = sale.names(command.id);
        let (user, offer) = (command.user, deal.offer);
        book.sales.note(KnownPartnerOrder { order: order.clone(), user, offer, amount });
        writes.partner_orders.push(order);
    }
    Ok(Placed::Fresh(transaction))
}

/// What a wish comes down to: an offer's terms as they are now, and the subscription that is extended, if one is.
#[derive(Clone, Copy)]
struct Deal {
    offer: OfferId,
    amount: Amount,
    duration_days: u32,
    renews: Option<UserOfferId>,
}

impl Deal {
    fn over(offer: &Offer, renews: Option<UserOfferId>) -> Self {
        let Offer { id, terms, .. } = offer;
        Self { offer: *id, amount: terms.price, duration_days: terms.duration_days, renews }
    }
}

fn purchase(
    command: &PlaceOrder,
    wanted: OfferId,
    book: &OrderBook,
    now: OffsetDateTime,
) -> Result<Deal, OrderRefusal> {
    let offer =
        book.offers.get(&wanted).filter(|offer| offer.on_sale(now)).ok_or(OrderRefusal::OfferNotFound)?;
    let holding = book.holdings.get(&(command.user, wanted)).copied().unwrap_or_default();
    let renews = check_holding(offer.terms.purchase_policy, holding, command.is_named())?;
    Ok(Deal::over(offer, renews))
}

/// A sale that is over keeps newcomers out, not those who hold the offer; only retiring it ends renewals. One renewal at
/// a time, with a key or without: a second one is a double click.
fn renewal(user: UserId, of: RenewalOf, book: &OrderBook) -> Result<Deal, OrderRefusal> {
    let Renewable { subscription, open } =
        book.renewables.get(&(user, of)).ok_or(OrderRefusal::UserOfferNotFound)?;
    match (subscription.state, open) {
        (UserOfferState::Cancelled, _) => Err(OrderRefusal::UserOfferNotFound),
        (UserOfferState::Pending, _) => Err(OrderRefusal::OrderInProgress(subscription.transaction)),
        (_, Some(open)) => Err(OrderRefusal::OrderInProgress(*open)),
        (UserOfferState::Active(_) | UserOfferState::Expired(_), None) => {
            let offer = book.offers.get(&subscription.offer).filter(|offer| offer.is_active);
            Ok(Deal::over(offer.ok_or(OrderRefusal::OfferRetired)?, Some(subscription.id)))
        }
    }
}

/// Later commands of the batch see the order as if it had been loaded.
fn note_open(book: &mut OrderBook, placed: &Transaction) {
    let (id, order) = (placed.id(), placed.order());
    book.holdings.entry((order.user, order.offer)).or_default().open = Some(id);
    for renewable in book.renewables.values_mut() {
        if order.renews == Some(renewable.subscription.id) {
            renewable.open = Some(id);
        }
    }
}

/// The answer to an earlier request with the same key, or with the same name of the partner's own.
fn replay(command: &PlaceOrder, book: &OrderBook) -> Result<Option<Placed>, OrderRefusal> {
    let kept = command.handle.as_ref().and_then(|handle| Some((handle, book.records.get(&handle.scope)?)));
    match kept {
        None => replay_sale(command, book),
        Some((handle, record)) if record.handle.fingerprint != handle.fingerprint => {
            Err(OrderRefusal::KeyReused)
        }
        Some((_, record)) => {
            Ok(Some(Placed::Replayed { transaction: record.transaction, response: record.response.clone() }))
        }
    }
}

fn replay_sale(command: &PlaceOrder, book: &OrderBook) -> Result<Option<Placed>, OrderRefusal> {
    let Some(sale) = command.sale() else { return Ok(None) };
    let Some(earlier) = book.sales.earlier(sale) else { return Ok(None) };
    let repeated = matches!(command.wish, Wish::Buy(offer) if sale.repeats(earlier, command.user, offer));
    if !repeated {
        return Err(OrderRefusal::PartnerReferenceReused);
    }
    let transaction = earlier.order.transaction;
    let receipt = Receipt::new(transaction, Some(earlier.order.reference));
    Ok(Some(Placed::Replayed { transaction, response: (command.respond)(&receipt) }))
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
