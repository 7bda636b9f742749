//! Ending claims: what the partner answered becomes the order's new state, its subscription, the news for the customer
//! and for whoever listens and, where it failed, its refund, in one commit.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::notice::NoticeChannels;
use offers_domain::partner::Answer;
use offers_domain::ports::{Locked, StoreError, UnitOfWork};
use offers_domain::retry::RetryPolicy;
use offers_domain::settlement::{Settle, SettleBook, SettleError, SettleWrites, settle};
use offers_domain::transaction::Transaction;
use offers_domain::views::StatusView;
use time::OffsetDateTime;

use crate::group_commit::{Batch, Executed};

/// Settlements, committed in groups.
pub struct SettleBatch {
    policy: RetryPolicy,
    channels: NoticeChannels,
}

impl SettleBatch {
    /// Judges answers by this policy and tells customers of the end through these channels.
    pub fn new(policy: RetryPolicy, channels: NoticeChannels) -> Self {
        Self { policy, channels }
    }
}

#[async_trait]
impl Batch for SettleBatch {
    type Command = Settle;
    type Answer = Result<Transaction, SettleError>;
    const NAME: &'static str = "settle_activations";

    fn lane(command: &Settle) -> u64 {
        command.account.0.unsigned_abs()
    }

    async fn execute(
        &self,
        unit: &mut dyn UnitOfWork,
        commands: &[Settle],
    ) -> Result<Executed<Self::Answer>, StoreError> {
        let mut book = load(unit, commands).await?;
        let now = unit.now().await?;
        let (answers, writes) = settle(commands, &mut book, &self.policy, now);
        save(unit, &writes, self.channels, now).await?;
        for incident in &writes.incidents {
            let (id, kind) = (incident.transaction, incident.kind);
            tracing::error!(transaction.id = %id, %kind, "an answer contradicts the end of its order");
        }
        let wrote = !writes.transactions.is_empty() || !writes.incidents.is_empty();
        let changed = writes.transactions.iter().map(StatusView::from).collect();
        Ok(Executed { answers, changed, wrote })
    }
}

/// Writes what follows from answers, from whomever they came.
pub(crate) async fn save(
    unit: &mut dyn UnitOfWork,
    writes: &SettleWrites,
    channels: NoticeChannels,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    unit.update_transactions(&writes.transactions).await?;
    unit.record_attempts(&writes.attempts).await?;
    unit.update_user_offers(&writes.user_offers, now).await?;
    unit.apply_transfers(&writes.transfers, now).await?;
    unit.update_stocks(&writes.stocks).await?;
    unit.insert_notices(&channels.notices(&writes.news), now).await?;
    unit.record_events(&writes.events, now).await?;
    unit.insert_incidents(&writes.incidents).await
}

/// Locks accounts, then transactions, then user offers, and only those that the answers can change.
pub(crate) async fn load(unit: &mut dyn UnitOfWork, commands: &[Settle]) -> Result<SettleBook, StoreError> {
    let answered = || commands.iter().map(|command| (command, &command.attempt.answer));
    let refunded: Vec<_> = answered()
        .filter(|(_, answer)| answer.returns_the_money())
        .map(|(command, _)| command.account)
        .collect();
    let ids: Vec<_> = commands.iter().map(|command| command.attempt.transaction).collect();
    let decided: Vec<_> = answered()
        .filter(|(_, answer)| answer.returns_the_money() || matches!(answer, Answer::Confirmed { .. }))
        .map(|(command, _)| command.user_offer)
        .collect();

    let accounts = unit.lock_accounts(&refunded).await?;
    let transactions = unit.lock_transactions(&ids).await?;
    let user_offers = unit.lock_user_offers(&decided).await?;
    let failing = commands.iter().filter(|command| command.attempt.answer.returns_the_money());
    let failing = failing.map(|command| command.attempt.transaction).collect();
    let stocks = unit.lock_stocks(&stocks_of(&failing, &transactions)).await?;
    Ok(SettleBook {
        accounts: accounts.into_iter().map(|account| (account.id(), account)).collect(),
        transactions: transactions.into_iter().map(|transaction| (transaction.id(), transaction)).collect(),
        user_offers: HashMap::from_iter(user_offers),
        stocks: stocks.into_iter().map(|stock| (stock.offer, stock)).collect(),
    })
}

/// The offers to whose stock these orders give something back where they fail.
pub(crate) fn stocks_of(
    failing: &HashSet<TransactionId>,
    transactions: &[Locked<Transaction>],
) -> Vec<OfferId> {
    let orders = transactions.iter().filter(|transaction| failing.contains(&transaction.id()));
    let took = orders.map(|transaction| transaction.order()).filter(|order| order.from_stock);
    took.map(|order| order.offer).collect()
}
