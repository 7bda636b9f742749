//! Working on a claimed order: call the activation partner with no unit of work open, then settle.

use std::sync::Arc;
use std::time::Duration;

use offers_domain::partner::{ActivationRequest, Answer, Step};
use offers_domain::ports::{ActivationGateway, Clock, IdSource, StoreError, WakeUp};
use offers_domain::retry::RetryPolicy;
use offers_domain::settlement::{Attempt, Settle, SettleError};
use offers_domain::transaction::Transaction;
use thiserror::Error;

use crate::claim_work::Claimed;
use crate::group_commit::{GroupCommit, SubmitError};
use crate::settle_activation::SettleBatch;

/// How long to wait before a settlement that met a busy store is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// Why a claim did not end as it should. The lease gives the order to another worker, which asks before it calls.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProcessError {
    /// The settlement did nothing.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// The settlement could not be run.
    #[error(transparent)]
    NotRun(#[from] SubmitError),
}

/// The use case.
pub struct ProcessActivation {
    gateway: Arc<dyn ActivationGateway>,
    settlements: GroupCommit<SettleBatch>,
    policy: RetryPolicy,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    senders: Vec<Arc<dyn WakeUp>>,
}

/// What [`ProcessActivation`] works with.
pub struct ProcessPorts {
    /// The activation partner.
    pub gateway: Arc<dyn ActivationGateway>,
    /// Times calls for the audit.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// The bells of those who tell customers of the end.
    pub senders: Vec<Arc<dyn WakeUp>>,
}

impl ProcessActivation {
    /// Calls this partner and settles through this entrance.
    pub fn new(ports: ProcessPorts, settlements: GroupCommit<SettleBatch>, policy: RetryPolicy) -> Self {
        let ProcessPorts { gateway, clock, ids, senders } = ports;
        Self { gateway, settlements, policy, clock, ids, senders }
    }

    /// Makes the claim's call, and the one that follows from its answer, and settles. Returns the order as it then
    /// stands.
    pub async fn run(&self, claimed: Claimed) -> Result<Transaction, ProcessError> {
        let Claimed { transaction, step } = claimed;
        let mut step = self.policy.first_call(&transaction, step);
        let lease_ends = tokio::time::Instant::now() + self.policy.lease.unsigned_abs();
        let mut request = transaction.request();
        // The claim is a step of its own in the order's trace.
        request.trace = request.trace.next(self.ids.random_uuid());
        tracing::Span::current().record("span.id", tracing::field::display(request.trace.span_id()));
        let started_at = self.clock.now();
        let mut answer = self.call(step, &request).await;
        if let Some(next) = self.policy.follow_up(&transaction, step, &answer) {
            step = next;
            answer = self.call(step, &request).await;
        }
        let attempt = Attempt {
            transaction: transaction.id(),
            number: transaction.attempt(),
            step,
            answer,
            started_at,
            ended_at: self.clock.now(),
        };
        let settle = Settle {
            attempt,
            account: transaction.order().account,
            user_offer: transaction.user_offer(),
            jitter: self.ids.jitter(),
        };
        let settled = self.settle(settle, lease_ends).await?;
        if settled.status().is_final() {
            for sender in &self.senders {
                sender.ring().await;
            }
        }
        Ok(settled)
    }

    /// Settles, again and again while the lease lasts: the partner's answer is too dear to be lost to a busy store. The
    /// claim's number keeps a late settlement from doing anything.
    async fn settle(
        &self,
        settle: Settle,
        lease_ends: tokio::time::Instant,
    ) -> Result<Transaction, ProcessError> {
        loop {
            match self.settlements.submit(settle.clone()).await {
                Err(error) if may_pass_later(&error) && tokio::time::Instant::now() + PAUSE < lease_ends => {
                    tracing::warn!(transaction.id = %settle.attempt.transaction, %error, "settling again");
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return Ok(outcome??),
            }
        }
    }

    async fn call(&self, step: Step, request: &ActivationRequest) -> Answer {
        match step {
            Step::Activate => self.gateway.activate(request).await,
            Step::Query => self.gateway.query(request).await,
            Step::Void => self.gateway.void(request).await,
        }
    }
}

/// Whether nothing was written, and the same settlement may do it in a moment.
fn may_pass_later(error: &SubmitError) -> bool {
    matches!(
        error,
        SubmitError::Full
            | SubmitError::Store(
                StoreError::Contention(_) | StoreError::Overloaded(_) | StoreError::Unavailable(_)
            )
    )
}
