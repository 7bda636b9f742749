//! Taking orders: a batch of commands over the loaded accounts, offers, subscriptions and idempotency records. Purchases
//! and renewals of every channel go through the one function [`place_orders`].

mod command;
mod outcome;

use time::OffsetDateTime;

use crate::account::{AccountError, AccountOwner};
use crate::idempotency::IdempotencyRecord;
use crate::ids::{OfferId, UserId, UserOfferId};
use crate::money::Amount;
use crate::offer::{Category, Offer, OfferRules, OfferTerms, PurchasePolicy};
use crate::partner_channel::PartnerTerms;
use crate::partner_channel::reference::KnownPartnerOrder;
use crate::partner_channel::sale::PartnerSale;
use crate::transaction::{Order, Transaction};
use crate::user_offer::{NewUserOffer, RenewalOf, UserOfferState};

pub use crate::order_book::{Holding, Needs, OrderBook, Renewable, charged_unasked};
pub use command::{Payer, PlaceOrder, Receipt, Wish};
pub use outcome::{OrderRefusal, OrderWrites, Placed};

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
        Wish::Buy(offer) => purchase(command, sale.as_ref(), offer, book, now)?,
        Wish::Renew(of) => renewal(command.user, of, None, book)?,
        Wish::Continue(id, end) => renewal(command.user, RenewalOf::Subscription(id), Some(end), book)?,
    };
    // Whoever pays: a service is for somebody who is known.
    let customer = AccountOwner::User(command.user);
    book.accounts.get(&customer).ok_or(OrderRefusal::NoWallet)?;
    check_rules(command.user, &deal, book)?;
    let (payer, amount) = payment(command.user, sale.as_ref(), deal.amount)?;
    if payer == customer && command.session.is_none() && book.locked_out.contains(&command.user) {
        return Err(OrderRefusal::CustomerLocked);
    }
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
        from_stock: deal.takes_stock(),
        activated_by: book.routes.of(deal.offer, deal.category),
        trace: command.trace,
    };
    writes.transfers.push(charge);
    Ok(Placed::Fresh(take(command, order, book, now, writes)))
}

/// A customer pays what the offer costs; where a partner sells, its terms say who pays and how much.
fn payment(
    user: UserId,
    sale: Option<&(&PartnerSale, PartnerTerms)>,
    price: Amount,
) -> Result<(AccountOwner, Amount), OrderRefusal> {
    let Some((sale, terms)) = sale else { return Ok((AccountOwner::User(user), price)) };
    let price = sale.price(terms, price).map_err(|_| OrderRefusal::OfferNotFound)?;
    Ok((sale.charged(terms, user), price.ok_or(OrderRefusal::AmountMismatch)?))
}

/// Writes down an order that is paid, and notes it for the commands that follow.
fn take(
    command: &PlaceOrder,
    order: Order,
    book: &mut OrderBook,
    now: OffsetDateTime,
    writes: &mut OrderWrites,
) -> Transaction {
    let Order { user, offer, amount, .. } = order;
    let transaction = Transaction::place(command.id, order, now);
    note_open(book, &transaction);
    if let Some(stock) = book.stocks.get_mut(&offer).filter(|_| order.from_stock) {
        stock.taken = stock.taken.saturating_add(1);
        writes.stocks.retain(|earlier| earlier.offer != stock.offer);
        writes.stocks.push(**stock);
    }
    writes.transactions.push(transaction.clone());
    if order.renews.is_none() {
        writes.user_offers.push(NewUserOffer { user, offer, transaction: command.id, created_at: now });
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
    if let Some(sale) = command.sale() {
        let names = sale.names(command.id);
        book.sales.note(KnownPartnerOrder { order: names.clone(), user, offer, amount });
        writes.partner_orders.push(names);
    }
    transaction
}

/// What a wish comes down to: an offer's terms as they are now, and the subscription that is extended, if one is.
#[derive(Clone, Copy)]
struct Deal {
    offer: OfferId,
    amount: Amount,
    duration_days: u32,
    renews: Option<UserOfferId>,
    rules: OfferRules,
    category: Category,
}

impl Deal {
    fn over(offer: &Offer, renews: Option<UserOfferId>) -> Self {
        let Offer { id, terms, .. } = offer;
        let OfferTerms { price: amount, duration_days, rules, category, .. } = *terms;
        Self { offer: *id, amount, duration_days, renews, rules, category }
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
    sale: Option<&(&PartnerSale, PartnerTerms)>,
    wanted: OfferId,
    book: &OrderBook,
    now: OffsetDateTime,
) -> Result<Deal, OrderRefusal> {
    let offer =
        book.offers.get(&wanted).filter(|offer| offer.on_sale(now)).ok_or(OrderRefusal::OfferNotFound)?;
    // A partner whose amount is wrong learns nothing of what the customer holds.
    payment(command.user, sale, offer.terms.price)?;
    let holding = book.holdings.get(&(command.user, wanted)).copied().unwrap_or_default();
    let renews = check_holding(offer.terms.purchase_policy, holding, command.is_named())?;
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
