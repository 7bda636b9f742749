//! Taking orders: a batch of commands over the loaded accounts, offers, subscriptions and idempotency records. Purchases
//! and renewals of every channel go through the one function [`place_orders`].

use thiserror::Error;
use time::OffsetDateTime;

use crate::account::{AccountError, AccountOwner};
use crate::idempotency::{IdempotencyHandle, IdempotencyRecord, StoredResponse};
use crate::ids::{OfferId, SessionId, TransactionId, UserId, UserOfferId};
use crate::ledger::Transfer;
use crate::money::Amount;
use crate::offer::{Offer, OfferRules, OfferTerms, PurchasePolicy, Stock};
use crate::transaction::{Channel, Order, Transaction};
use crate::user_offer::{NewUserOffer, RenewalOf, UserOfferState};

pub use crate::order_book::{Holding, Needs, OrderBook, Renewable};

/// What is wanted of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wish {
    /// A subscription to this offer; what it does where one is active is the offer's purchase policy.
    Buy(OfferId),
    /// One more period of a subscription that is there.
    Renew(RenewalOf),
    /// The period after the one that ends then; refused where the subscription has been extended since.
    Continue(UserOfferId, OffsetDateTime),
}

impl Wish {
    /// The subscription that would be extended, if it is named.
    pub fn renewed(self) -> Option<RenewalOf> {
        match self {
            Self::Buy(_) => None,
            Self::Renew(of) => Some(of),
            Self::Continue(id, _) => Some(RenewalOf::Subscription(id)),
        }
    }
}

/// Whose account an order is charged to, and a refund returns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The wallet of the customer who gets the service.
    Wallet,
}

/// The wish of somebody that a customer gets a service.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// The order's id, made before the batch, so that running it again cannot place it twice.
    pub id: TransactionId,
    /// Who gets the service.
    pub user: UserId,
    /// The login that asks, which must still live when the money moves; none where it is not a login that asks.
    pub session: Option<SessionId>,
    /// What they get.
    pub wish: Wish,
    /// Who pays.
    pub payer: Payer,
    /// Who orders.
    pub channel: Channel,
    /// The client's name for this request, if it gave one.
    pub handle: Option<IdempotencyHandle>,
    /// Writes the answer that is kept with the handle: a pure function of the order.
    pub respond: fn(&Transaction) -> StoredResponse,
}

impl PlaceOrder {
    /// Whose account is charged.
    pub fn charged(&self) -> AccountOwner {
        match self.payer {
            Payer::Wallet => AccountOwner::User(self.user),
        }
    }
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
    /// Stocks that orders took from, as they then are.
    pub stocks: Vec<Stock>,
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
    /// As many subscriptions as there were are sold.
    #[error("the offer is sold out")]
    SoldOut,
    /// The user has had as many subscriptions to the offer as one customer may.
    #[error("the user has reached the offer's limit")]
    LimitReached,
    /// The user has to have another offer active first.
    #[error("the offer requires offer {0}")]
    Requires(OfferId),
    /// The user has another offer that this one does not go with.
    #[error("the offer excludes offer {0}")]
    Excluded(OfferId),
    /// The account does not cover the price.
    #[error("the balance does not cover the price")]
    InsufficientBalance,
    /// The offer's purchase policy refuses a second subscription, or the period to come is there already.
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
    let deal = match command.wish {
        Wish::Buy(offer) => purchase(command, offer, book, now)?,
        Wish::Renew(of) => renewal(command.user, of, None, book)?,
        Wish::Continue(id, end) => renewal(command.user, RenewalOf::Subscription(id), Some(end), book)?,
    };
    check_rules(command.user, &deal, book)?;
    let account = book.accounts.get_mut(&command.charged()).ok_or(OrderRefusal::NoWallet)?;
    let charge = account.charge(deal.amount, command.id).map_err(|error| match error {
        AccountError::InsufficientBalance => OrderRefusal::InsufficientBalance,
        // A price in another currency than the account's: for this customer the offer is not on sale.
        AccountError::Money(_) => OrderRefusal::OfferNotFound,
    })?;
    let order = Order {
        user: command.user,
        offer: deal.offer,
        account: account.id(),
        amount: deal.amount,
        duration_days: deal.duration_days,
        channel: command.channel,
        renews: deal.renews,
        from_stock: deal.takes_stock(),
    };
    let transaction = Transaction::place(command.id, order, now);
    note_open(book, &transaction);
    if let Some(stock) = book.stocks.get_mut(&deal.offer).filter(|_| deal.takes_stock()) {
        stock.taken = stock.taken.saturating_add(1);
        writes.stocks.retain(|earlier| earlier.offer != stock.offer);
        writes.stocks.push(**stock);
    }
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
            response: (command.respond)(&transaction),
            created_at: now,
        };
        book.records.insert(handle.scope.clone(), record.clone());
        writes.records.push(record);
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
    rules: OfferRules,
}

impl Deal {
    fn over(offer: &Offer, renews: Option<UserOfferId>) -> Self {
        let Offer { id, terms, .. } = offer;
        let OfferTerms { price: amount, duration_days, rules, .. } = *terms;
        Self { offer: *id, amount, duration_days, renews, rules }
    }

    /// A renewal keeps the place that its purchase took.
    fn takes_stock(&self) -> bool {
        self.renews.is_none() && self.rules.stock.is_some()
    }
}

/// Who may have the offer counts for every order; how often it is sold only for those that open a subscription.
fn check_rules(user: UserId, deal: &Deal, book: &OrderBook) -> Result<(), OrderRefusal> {
    let held = |offer: OfferId| book.holdings.get(&(user, offer)).copied().unwrap_or_default();
    let OfferRules { stock, per_customer, requires, excludes } = deal.rules;
    if let Some(required) = requires.filter(|other| held(*other).active.is_none()) {
        return Err(OrderRefusal::Requires(required));
    }
    if let Some(excluded) = excludes.filter(|other| held(*other) != Holding::default()) {
        return Err(OrderRefusal::Excluded(excluded));
    }
    if deal.renews.is_some() {
        return Ok(());
    }
    let had = book.counts.get(&(user, deal.offer)).copied().unwrap_or_default();
    if per_customer.is_some_and(|limit| had >= limit) {
        return Err(OrderRefusal::LimitReached);
    }
    let taken = book.stocks.get(&deal.offer).map_or(u32::MAX, |stock| stock.taken);
    if stock.is_some_and(|stock| taken >= stock) {
        return Err(OrderRefusal::SoldOut);
    }
    Ok(())
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
    let renews = check_holding(offer.terms.purchase_policy, holding, command.handle.is_some())?;
    Ok(Deal::over(offer, renews))
}

/// A sale that is over keeps newcomers out, not those who hold the offer; only retiring it ends renewals. One renewal at
/// a time, with a key or without: a second one is a double click.
fn renewal(
    user: UserId,
    of: RenewalOf,
    end: Option<OffsetDateTime>,
    book: &OrderBook,
) -> Result<Deal, OrderRefusal> {
    let Renewable { subscription, open } =
        book.renewables.get(&(user, of)).ok_or(OrderRefusal::UserOfferNotFound)?;
    if end.is_some() && subscription.period().map(|period| period.expires_at) != end {
        return Err(OrderRefusal::OfferAlreadyActive);
    }
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
    if order.renews.is_none() {
        let count = book.counts.entry((order.user, order.offer)).or_default();
        *count = count.saturating_add(1);
    }
    for renewable in book.renewables.values_mut() {
        if order.renews == Some(renewable.subscription.id) {
            renewable.open = Some(id);
        }
    }
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
