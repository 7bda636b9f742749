//! Taking an order, to buy or to renew: idempotency record, charge, transaction and pending subscription in one commit.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use offers_domain::account::Account;
use offers_domain::activation::{
    Needs, OrderBook, OrderRefusal, Payer, PlaceOrder, Placed, Receipt, Renewable, Wish, charged_unasked,
    place_orders,
};
use offers_domain::activation_partner::ActivationRoutes;
use offers_domain::idempotency::{IdempotencyHandle, StoredResponse};
use offers_domain::ids::{AccountId, SessionId, UserId};
use offers_domain::partner_channel::sale::{PartnerSale, SalesBook};
use offers_domain::ports::{Constraint, IdSource, Locked, Measure, Metrics, StoreError, UnitOfWork};
use offers_domain::trace::TraceContext;
use offers_domain::transaction::Channel;
use offers_domain::views::StatusView;
use thiserror::Error;

use crate::group_commit::{Batch, Executed, GroupCommit, SubmitError};
use crate::in_flight::InFlight;

/// How long a second request with the same key waits for the first, before it is told to come back.
const KEY_PATIENCE: Duration = Duration::from_secs(2);

/// An order to be placed.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Who gets the service.
    pub user: UserId,
    /// By which login; none where it is not a login that asks.
    pub session: Option<SessionId>,
    /// What they get.
    pub wish: Wish,
    /// Who pays.
    pub payer: Payer,
    /// Who orders.
    pub channel: Channel,
    /// The place of the request in its trace; none where no request asks.
    pub trace: Option<TraceContext>,
    /// The client's name for this request, if it gave one.
    pub handle: Option<IdempotencyHandle>,
    /// Writes the answer that is kept with the handle.
    pub respond: fn(&Receipt) -> StoredResponse,
}

/// Why no order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BeginActivationError {
    /// A rule refused it.
    #[error(transparent)]
    Refused(#[from] OrderRefusal),
    /// A request with the same key is still being worked on.
    #[error("a request with this idempotency key is still being processed")]
    KeyInUse,
    /// It could not be run.
    #[error(transparent)]
    NotRun(SubmitError),
}

impl From<SubmitError> for BeginActivationError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Store(StoreError::Conflict(
                Constraint::IdempotencyKey | Constraint::PartnerReference,
            )) => Self::KeyInUse,
            other => Self::NotRun(other),
        }
    }
}

/// The use case.
pub struct BeginActivation {
    orders: GroupCommit<OrderBatch>,
    in_flight: InFlight,
    pub(crate) ids: Arc<dyn IdSource>,
    metrics: Arc<dyn Metrics>,
}

impl BeginActivation {
    /// Places orders through this entrance.
    pub fn new(orders: GroupCommit<OrderBatch>, ids: Arc<dyn IdSource>, metrics: Arc<dyn Metrics>) -> Self {
        Self { orders, in_flight: InFlight::default(), ids, metrics }
    }

    /// Places the order, or replays the answer to an earlier request with the same key.
    pub async fn run(&self, order: NewOrder) -> Result<Placed, BeginActivationError> {
        let entry = order.handle.as_ref().map(|handle| self.in_flight.enter(handle.scope.clone()));
        let command = PlaceOrder {
            id: self.ids.transaction_id(),
            user: order.user,
            session: order.session,
            wish: order.wish,
            payer: order.payer,
            channel: order.channel,
            trace: order.trace,
            handle: order.handle,
            respond: order.respond,
        };
        let placing = self.orders.submit(command);
        let placed = if entry.as_ref().is_none_or(|entry| entry.is_first) {
            placing.await
        } else {
            tokio::time::timeout(KEY_PATIENCE, placing).await.map_err(|_| BeginActivationError::KeyInUse)?
        };
        match placed? {
            Ok(placed) => {
                // Joins the request's log lines to the order's.
                if let Placed::Fresh(transaction) = &placed {
                    tracing::info!(transaction.id = %transaction.id(), "order placed");
                }
                Ok(placed)
            }
            Err(refusal) => {
                self.metrics.record(Measure::OrderRefused);
                Err(refusal.into())
            }
        }
    }
}

/// Orders, committed in groups; the orders of a user, and those of a partner, keep their order.
#[derive(Default)]
pub struct OrderBatch {
    /// Who activates what.
    pub routes: Arc<ActivationRoutes>,
}

#[async_trait]
impl Batch for OrderBatch {
    type Command = PlaceOrder;
    type Answer = Result<Placed, OrderRefusal>;
    const NAME: &'static str = "place_orders";

    fn lane(command: &PlaceOrder) -> u64 {
        command.sale().map_or(command.user.0, |sale| sale.partner.0).unsigned_abs()
    }

    async fn execute(
        &self,
        unit: &mut dyn UnitOfWork,
        commands: &[PlaceOrder],
    ) -> Result<Executed<Self::Answer>, StoreError> {
        let now = unit.now().await?;
        let mut book = load(unit, commands, now).await?;
        book.routes = self.routes.clone();
        let (answers, writes) = place_orders(commands, &mut book, now);
        unit.insert_records(&writes.records).await?;
        unit.insert_transactions(&writes.transactions).await?;
        if !writes.partner_orders.is_empty() {
            unit.insert_partner_orders(&writes.partner_orders).await?;
        }
        unit.insert_user_offers(&writes.user_offers).await?;
        unit.apply_transfers(&writes.transfers, now).await?;
        unit.update_stocks(&writes.stocks).await?;
        let wrote = !writes.transactions.is_empty();
        let changed = writes.transactions.iter().map(StatusView::from).collect();
        Ok(Executed { answers, changed, wrote })
    }
}

/// The wallets come first: whoever holds a user's wallet decides over the user's orders alone, so what is read after is
/// what the other orders left.
async fn load(
    unit: &mut dyn UnitOfWork,
    commands: &[PlaceOrder],
    now: time::OffsetDateTime,
) -> Result<OrderBook, StoreError> {
    let sessions: Vec<_> = distinct(commands.iter().filter_map(|command| command.session));
    let users: Vec<_> = distinct(commands.iter().map(|command| command.user));
    let bought = commands.iter().filter_map(|command| match command.wish {
        Wish::Buy(offer) => Some(offer),
        Wish::Renew(_) | Wish::Continue(..) => None,
    });
    let renewed: Vec<_> =
        distinct(commands.iter().filter_map(|command| Some((command.user, command.wish.renewed()?))));
    let scopes: Vec<_> = commands
        .iter()
        .filter_map(|command| command.handle.as_ref())
        .map(|handle| handle.scope.clone())
        .collect();

    let sales: Vec<_> = commands.iter().filter_map(PlaceOrder::sale).collect();
    let settlement = lock_settlement_accounts(unit, &sales).await?;
    let wallets = unit.lock_wallets(&users).await?;
    let sales = load_sales(unit, &sales).await?;
    let live_sessions = unit.live_sessions(&sessions, now).await?;
    let locked_out = locked_out(unit, &charged_unasked(commands, &sales)).await?;
    let records = unit.find_records(&scopes).await?;
    let renewables: HashMap<_, _> = unit.renewables(&renewed).await?.into_iter().collect();
    let offered = renewables.values().map(|renewable: &Renewable| renewable.subscription.offer);
    let offers = unit.offers(&distinct(bought.chain(offered))).await?;
    let offers: HashMap<_, _> = offers.into_iter().map(|offer| (offer.id, offer)).collect();
    let needs = Needs::of(commands, &offers, &renewables);
    let holdings = unit.holdings(&needs.holdings, now).await?;
    let counts = unit.count_user_offers(&needs.counts).await?;
    let stocks = unit.lock_stocks(&needs.stocks).await?;
    Ok(OrderBook {
        live_sessions,
        locked_out,
        accounts: settlement.into_iter().chain(wallets).map(|account| (account.owner(), account)).collect(),
        records: records.into_iter().map(|record| (record.handle.scope.clone(), record)).collect(),
        offers,
        holdings: HashMap::from_iter(holdings),
        renewables,
        counts: HashMap::from_iter(counts),
        stocks: stocks.into_iter().map(|stock| (stock.offer, stock)).collect(),
        sales,
        routes: Arc::default(),
    })
}

/// They come before the wallets, as their ids do. Whoever holds one decides over the partner's keys and terms, too.
async fn lock_settlement_accounts(
    unit: &mut dyn UnitOfWork,
    sales: &[&PartnerSale],
) -> Result<Vec<Locked<Account>>, StoreError> {
    if sales.is_empty() {
        return Ok(Vec::new());
    }
    let accounts = distinct(sales.iter().map(|sale| AccountId::settlement_of(sale.partner)));
    unit.lock_accounts(&accounts).await
}

async fn locked_out(unit: &mut dyn UnitOfWork, users: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
    if users.is_empty() {
        return Ok(HashSet::new());
    }
    let people = unit.find_users(users).await?;
    Ok(people.into_iter().filter(|user| !user.is_active).map(|user| user.id).collect())
}

async fn load_sales(unit: &mut dyn UnitOfWork, sales: &[&PartnerSale]) -> Result<SalesBook, StoreError> {
    if sales.is_empty() {
        return Ok(SalesBook::default());
    }
    let names = sales.iter().filter_map(|sale| Some((sale.partner, sale.partner_reference.clone()?)));
    let holders = unit.key_holders(&distinct(sales.iter().map(|sale| sale.key))).await?;
    let orders = unit.find_partner_orders(&distinct(names)).await?;
    Ok(SalesBook::new(holders, orders))
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}
