//! Reports of activation partners: believed by their signature, heard once, and settled by the rules of any answer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::callback::{Callback, CallbackBook, CallbackId, CallbackOutcome, hear};
use offers_domain::ids::TransactionId;
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::{
    ActivationCallbacks, CallbackRefusal, Clock, Measure, Metrics, SealedCallback, StoreError, UnitOfWork,
};
use offers_domain::retry::RetryPolicy;
use offers_domain::settlement::SettleBook;
use offers_domain::transaction::Order;
use offers_domain::views::StatusView;
use thiserror::Error;

use crate::group_commit::{Batch, Executed, GroupCommit, SubmitError};
use crate::settle_activation::{save, stocks_of};

/// Why nothing was done about a report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiveCallbackError {
    /// It is not believed, or not understood.
    #[error(transparent)]
    Refused(#[from] CallbackRefusal),
    /// Its order could not follow; the partner sends it again.
    #[error("the order could not follow the report")]
    Unsettled,
    /// It could not be kept; the partner sends it again.
    #[error(transparent)]
    NotRun(#[from] SubmitError),
}

/// The use case.
pub struct ReceiveCallback {
    /// Knows the partners' signatures.
    pub reader: Arc<dyn ActivationCallbacks>,
    /// Where reports are settled.
    pub inbox: GroupCommit<CallbackBatch>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Counts.
    pub metrics: Arc<dyn Metrics>,
}

impl ReceiveCallback {
    /// Hears a report. Once this has succeeded, what follows from it is committed.
    pub async fn run(&self, sealed: &SealedCallback) -> Result<CallbackOutcome, ReceiveCallbackError> {
        let callback = match self.reader.open(sealed, self.clock.now()) {
            Ok(callback) => callback,
            Err(refusal) => {
                self.count(match refusal {
                    CallbackRefusal::Forged => "forged",
                    CallbackRefusal::Stale => "stale",
                    CallbackRefusal::Malformed(_) => "malformed",
                });
                tracing::warn!(partner = %sealed.partner, %refusal, "a callback is refused");
                return Err(refusal.into());
            }
        };
        let (partner, transaction) = (callback.partner, callback.transaction);
        let outcome = self.inbox.submit(callback).await?;
        self.count(outcome.as_str());
        match outcome {
            CallbackOutcome::Settled | CallbackOutcome::Noted | CallbackOutcome::Duplicate => {
                tracing::info!(transaction.id = %transaction, %partner, %outcome, "callback received");
            }
            CallbackOutcome::Incident => {
                tracing::error!(transaction.id = %transaction, %partner, "a callback contradicts the end of its order");
            }
            CallbackOutcome::Unsettled => {
                tracing::error!(transaction.id = %transaction, %partner, "an order cannot follow its callback");
                return Err(ReceiveCallbackError::Unsettled);
            }
            _ => tracing::warn!(transaction.id = %transaction, %partner, %outcome, "callback without effect"),
        }
        Ok(outcome)
    }

    fn count(&self, outcome: &'static str) {
        self.metrics.record(Measure::CallbackReceived { outcome });
    }
}

/// Reports, committed in groups.
pub struct CallbackBatch {
    policy: RetryPolicy,
    channels: NoticeChannels,
}

impl CallbackBatch {
    /// Judges by this policy and tells customers of the end through these channels.
    pub fn new(policy: RetryPolicy, channels: NoticeChannels) -> Self {
        Self { policy, channels }
    }
}

#[async_trait]
impl Batch for CallbackBatch {
    type Command = Callback;
    type Answer = CallbackOutcome;
    const NAME: &'static str = "receive_callbacks";

    fn lane(command: &Callback) -> u64 {
        command.transaction.0.as_u64_pair().1
    }

    async fn execute(
        &self,
        unit: &mut dyn UnitOfWork,
        commands: &[Callback],
    ) -> Result<Executed<CallbackOutcome>, StoreError> {
        let ids: Vec<_> = commands.iter().map(|callback| (callback.partner, callback.id.clone())).collect();
        let known = unit.known_callbacks(&ids).await?;
        let mut book = load(unit, commands, known).await?;
        let now = unit.now().await?;
        let (answers, writes) = hear(commands, &mut book, &self.policy, now);
        save(unit, &writes.settled, self.channels, now).await?;
        unit.insert_callbacks(&writes.received).await?;
        let wrote = !writes.received.is_empty();
        let changed = writes.settled.transactions.iter().map(StatusView::from).collect();
        Ok(Executed { answers, changed, wrote })
    }
}

/// Locks accounts, then transactions, then user offers. A report names its order alone; what was ordered never changes, so
/// the account is found without a lock.
async fn load(
    unit: &mut dyn UnitOfWork,
    commands: &[Callback],
    known: HashSet<(ActivationPartner, CallbackId)>,
) -> Result<CallbackBook, StoreError> {
    let new = commands.iter().filter(|callback| !known.contains(&(callback.partner, callback.id.clone())));
    let ids: Vec<TransactionId> = new.map(|callback| callback.transaction).collect();
    let orders: HashMap<TransactionId, Order> = unit.find_orders(&ids).await?.into_iter().collect();
    let refunded = commands.iter().filter(|callback| callback.answer.returns_the_money());
    let refunded = refunded.filter_map(|callback| Some(orders.get(&callback.transaction)?.account));
    let user_offers: Vec<_> = orders.iter().map(|(id, order)| order.user_offer(*id)).collect();

    let accounts = unit.lock_accounts(&refunded.collect::<Vec<_>>()).await?;
    let transactions = unit.lock_transactions(&ids).await?;
    let user_offers = unit.lock_user_offers(&user_offers).await?;
    let failing = commands.iter().filter(|callback| callback.answer.returns_the_money());
    let failing: HashSet<_> = failing.map(|callback| callback.transaction).collect();
    let stocks = unit.lock_stocks(&stocks_of(&failing, &transactions)).await?;
    let orders = SettleBook {
        accounts: accounts.into_iter().map(|account| (account.id(), account)).collect(),
        transactions: transactions.into_iter().map(|transaction| (transaction.id(), transaction)).collect(),
        user_offers: user_offers.into_iter().collect(),
        stocks: stocks.into_iter().map(|stock| (stock.offer, stock)).collect(),
    };
    Ok(CallbackBook { known, orders })
}
