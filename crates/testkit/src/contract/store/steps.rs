//! What the program does in one unit of work: load, let the domain decide, save.

use std::collections::HashMap;
use std::sync::Arc;

use offers_domain::activation::{
    Needs, OrderBook, OrderRefusal, PlaceOrder, Placed, Renewable, Wish, charged_unasked, place_orders,
};
use offers_domain::activation_partner::ActivationRoutes;
use offers_domain::callback::{self, Callback, CallbackBook, CallbackOutcome};
use offers_domain::ids::{AccountId, TransactionId};
use offers_domain::notice::NoticeChannels;
use offers_domain::partner::{Answer, Step};
use offers_domain::partner_channel::sale::{PartnerSale, SalesBook};
use offers_domain::ports::{Store, StoreError, UnitOfWork};
use offers_domain::retry::{Jitter, RetryPolicy};
use offers_domain::settlement::{self, Attempt, Claim, Settle, SettleBook, SettleError, SettleWrites};
use offers_domain::transaction::{ClaimOutcome, Transaction};
use offers_domain::user_offer::UserOfferRef;
use time::{Duration, OffsetDateTime};

use crate::builders::places;

/// Customers are told through every channel.
const EVERY_CHANNEL: NoticeChannels = NoticeChannels { email: true, sms: true };

/// How often a unit that others were in the way of is tried again.
const TRIES: usize = 50;

/// Runs `step` in a unit of its own and commits it; an error rolls it back. Contention is tried again.
pub async fn transact<T>(
    store: &dyn Store,
    step: impl AsyncFn(&mut dyn UnitOfWork) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 1..TRIES {
        match transact_once(store, &step).await {
            Err(StoreError::Contention(_)) => {}
            outcome => return outcome,
        }
    }
    transact_once(store, &step).await
}

async fn transact_once<T>(
    store: &dyn Store,
    step: &impl AsyncFn(&mut dyn UnitOfWork) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut unit = store.begin().await?;
    match step(&mut *unit).await {
        Ok(value) => {
            unit.commit().await?;
            Ok(value)
        }
        Err(error) => {
            unit.rollback().await?;
            Err(error)
        }
    }
}

/// Takes a batch of orders.
pub async fn place(
    unit: &mut dyn UnitOfWork,
    batch: &[PlaceOrder],
    now: OffsetDateTime,
) -> Result<Vec<Result<Placed, OrderRefusal>>, StoreError> {
    place_by(unit, batch, &ActivationRoutes::default(), now).await
}

/// Takes a batch of orders, which these partners activate.
pub async fn place_by(
    unit: &mut dyn UnitOfWork,
    batch: &[PlaceOrder],
    routes: &ActivationRoutes,
    now: OffsetDateTime,
) -> Result<Vec<Result<Placed, OrderRefusal>>, StoreError> {
    let users: Vec<_> = batch.iter().map(|command| command.user).collect();
    let (mut offers, mut renewed) = (Vec::new(), Vec::new());
    for command in batch {
        if let Wish::Buy(offer) = command.wish {
            offers.push(offer);
        }
        renewed.extend(command.wish.renewed().map(|of| (command.user, of)));
    }
    let sessions: Vec<_> = batch.iter().filter_map(|command| command.session).collect();
    let scopes: Vec<_> = batch.iter().filter_map(|command| Some(command.handle.clone()?.scope)).collect();
    let sales: Vec<_> = batch.iter().filter_map(PlaceOrder::sale).collect();
    let settlement: Vec<_> = sales.iter().map(|sale| AccountId::settlement_of(sale.partner)).collect();
    let mut accounts = unit.lock_accounts(&settlement).await?;
    accounts.extend(unit.lock_wallets(&users).await?);
    let sales = load_sales(unit, &sales).await?;
    let people = unit.find_users(&charged_unasked(batch, &sales)).await?;
    let records = unit.find_records(&scopes).await?;
    let renewables: HashMap<_, _> = unit.renewables(&renewed).await?.into_iter().collect();
    offers.extend(renewables.values().map(|renewable: &Renewable| renewable.subscription.offer));
    let offers: HashMap<_, _> =
        unit.offers(&offers).await?.into_iter().map(|offer| (offer.id, offer)).collect();
    let needs = Needs::of(batch, &offers, &renewables);
    let holdings = unit.holdings(&needs.holdings, now).await?;
    let counts = unit.count_user_offers(&needs.counts).await?;
    let stocks = unit.lock_stocks(&needs.stocks).await?;
    let mut book = OrderBook {
        live_sessions: unit.live_sessions(&sessions, now).await?,
        locked_out: people.into_iter().filter(|user| !user.is_active).map(|user| user.id).collect(),
        records: records.into_iter().map(|record| (record.handle.scope.clone(), record)).collect(),
        accounts: accounts.into_iter().map(|account| (account.owner(), account)).collect(),
        offers,
        holdings: holdings.into_iter().collect(),
        renewables,
        counts: counts.into_iter().collect(),
        stocks: stocks.into_iter().map(|stock| (stock.offer, stock)).collect(),
        sales,
        routes: Arc::new(routes.clone()),
    };
    let (answers, writes) = place_orders(batch, &mut book, now);
    unit.apply_transfers(&writes.transfers, now).await?;
    unit.insert_transactions(&writes.transactions).await?;
    unit.insert_partner_orders(&writes.partner_orders).await?;
    unit.insert_user_offers(&writes.user_offers).await?;
    unit.insert_records(&writes.records).await?;
    unit.update_stocks(&writes.stocks).await?;
    Ok(answers)
}

async fn load_sales(unit: &mut dyn UnitOfWork, sales: &[&PartnerSale]) -> Result<SalesBook, StoreError> {
    let keys: Vec<_> = sales.iter().map(|sale| sale.key).collect();
    let names = sales.iter().filter_map(|sale| Some((sale.partner, sale.partner_reference.clone()?)));
    let holders = unit.key_holders(&keys).await?;
    let orders = unit.find_partner_orders(&names.collect::<Vec<_>>()).await?;
    Ok(SalesBook::new(holders, orders))
}

/// An order that a worker holds, and the call that it makes.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The order, as claimed.
    pub transaction: Transaction,
    /// The call.
    pub step: Step,
}

/// Takes up to `limit` orders that are due, for `lease`.
pub async fn claim(
    unit: &mut dyn UnitOfWork,
    limit: usize,
    lease: Duration,
    now: OffsetDateTime,
) -> Result<Vec<Claimed>, StoreError> {
    let mut due = unit.lock_due_transactions(&places(limit), now).await?.readable;
    let mut claimed = Vec::new();
    for transaction in &mut due {
        let outcome = transaction.claim(now, lease, RetryPolicy::default().max_lost_leases).unwrap();
        if let ClaimOutcome::Call(step) = outcome {
            claimed.push(Claimed { transaction: (**transaction).clone(), step });
        }
    }
    let changed: Vec<Transaction> = due.iter().map(|transaction| (**transaction).clone()).collect();
    unit.update_transactions(&changed).await?;
    Ok(claimed)
}

/// Gives claims back.
pub async fn release(
    unit: &mut dyn UnitOfWork,
    claims: &[Claim],
    now: OffsetDateTime,
) -> Result<Vec<Transaction>, StoreError> {
    let ids: Vec<_> = claims.iter().map(|claim| claim.transaction).collect();
    let released = settlement::release(claims, &mut unit.lock_transactions(&ids).await?, now);
    unit.update_transactions(&released).await?;
    Ok(released)
}

/// The wish to end a claim with `answer`.
pub fn answered(claimed: &Claimed, answer: Answer, now: OffsetDateTime) -> Settle {
    let Claimed { transaction, step } = claimed;
    Settle {
        attempt: Attempt {
            transaction: transaction.id(),
            number: transaction.attempt(),
            step: *step,
            answer,
            started_at: now,
            ended_at: now,
        },
        account: transaction.order().account,
        user_offer: transaction.user_offer(),
        jitter: Jitter(0),
    }
}

/// Ends a batch of claims.
pub async fn settle(
    unit: &mut dyn UnitOfWork,
    batch: &[Settle],
    now: OffsetDateTime,
) -> Result<Vec<Result<Transaction, SettleError>>, StoreError> {
    let accounts: Vec<_> = batch.iter().map(|command| command.account).collect();
    let transactions: Vec<_> = batch.iter().map(|command| command.attempt.transaction).collect();
    let user_offers: Vec<_> = batch.iter().map(|command| command.user_offer).collect();
    let mut book = settle_book(unit, &accounts, &transactions, &user_offers).await?;
    let (answers, writes) = settlement::settle(batch, &mut book, &RetryPolicy::default(), now);
    save(unit, &writes, now).await?;
    Ok(answers)
}

/// Hears a batch of reports.
pub async fn hear(
    unit: &mut dyn UnitOfWork,
    batch: &[Callback],
    now: OffsetDateTime,
) -> Result<Vec<CallbackOutcome>, StoreError> {
    let ids: Vec<_> = batch.iter().map(|callback| (callback.partner, callback.id.clone())).collect();
    let known = unit.known_callbacks(&ids).await?;
    let ids: Vec<_> = batch.iter().map(|callback| callback.transaction).collect();
    let orders = unit.find_orders(&ids).await?;
    let accounts: Vec<_> = orders.iter().map(|(_, order)| order.account).collect();
    let user_offers: Vec<_> = orders.iter().map(|(id, order)| order.user_offer(*id)).collect();
    let orders = settle_book(unit, &accounts, &ids, &user_offers).await?;
    let mut book = CallbackBook { known, orders };
    let (outcomes, writes) = callback::hear(batch, &mut book, &RetryPolicy::default(), now);
    save(unit, &writes.settled, now).await?;
    unit.insert_callbacks(&writes.received).await?;
    Ok(outcomes)
}

async fn settle_book(
    unit: &mut dyn UnitOfWork,
    accounts: &[AccountId],
    transactions: &[TransactionId],
    user_offers: &[UserOfferRef],
) -> Result<SettleBook, StoreError> {
    let accounts = unit.lock_accounts(accounts).await?;
    let transactions = unit.lock_transactions(transactions).await?;
    let user_offers = unit.lock_user_offers(user_offers).await?;
    let taken = transactions.iter().map(|transaction| transaction.order()).filter(|order| order.from_stock);
    let stocks = unit.lock_stocks(&taken.map(|order| order.offer).collect::<Vec<_>>()).await?;
    Ok(SettleBook {
        accounts: accounts.into_iter().map(|account| (account.id(), account)).collect(),
        transactions: transactions.into_iter().map(|transaction| (transaction.id(), transaction)).collect(),
        user_offers: user_offers.into_iter().collect(),
        stocks: stocks.into_iter().map(|stock| (stock.offer, stock)).collect(),
    })
}

async fn save(
    unit: &mut dyn UnitOfWork,
    writes: &SettleWrites,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    unit.apply_transfers(&writes.transfers, now).await?;
    unit.update_transactions(&writes.transactions).await?;
    unit.update_user_offers(&writes.user_offers, now).await?;
    unit.record_attempts(&writes.attempts).await?;
    unit.update_stocks(&writes.stocks).await?;
    unit.insert_notices(&EVERY_CHANNEL.notices(&writes.news), now).await?;
    unit.record_events(&writes.events, now).await?;
    unit.insert_incidents(&writes.incidents).await
}
