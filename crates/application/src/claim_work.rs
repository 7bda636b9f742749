//! Taking work: a worker claims due orders, a batch at a time, and commits before it calls anybody.

use std::sync::Arc;

use offers_domain::partner::Step;
use offers_domain::ports::{Clock, IdSource, Store, StoreError};
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{ClaimOutcome, Transaction};
use offers_domain::views::StatusView;

use crate::announcer::Announcer;
use crate::transact::{Done, transact};

/// An order that this worker holds until its lease ends, with the call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The order, as claimed.
    pub transaction: Transaction,
    /// The call.
    pub step: Step,
}

/// The use case.
pub struct ClaimWork {
    store: Arc<dyn Store>,
    announcer: Announcer,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    policy: RetryPolicy,
}

impl ClaimWork {
    /// Claims from this store.
    pub fn new(
        store: Arc<dyn Store>,
        announcer: Announcer,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        policy: RetryPolicy,
    ) -> Self {
        Self { store, announcer, clock, ids, policy }
    }

    /// Claims up to `limit` due orders, the longest waiting first, and hands each to `start`; says how many. Orders that too
    /// many workers have vanished with are parked for a person instead.
    pub async fn run(&self, limit: usize, start: impl FnMut(Claimed) + Send) -> Result<usize, StoreError> {
        let policy = &self.policy;
        let (claimed, changed) = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let mut due = unit.lock_due_transactions(limit, now).await?;
                let mut claimed = Vec::with_capacity(due.len());
                let mut changed = Vec::with_capacity(due.len());
                for transaction in &mut due {
                    match transaction.claim(now, policy.lease, policy.max_lost_leases) {
                        Ok(ClaimOutcome::Call(step)) => {
                            claimed.push(Claimed { transaction: (**transaction).clone(), step });
                        }
                        Ok(ClaimOutcome::Parked) => {
                            tracing::error!(transaction.id = %transaction.id(), "order parked: its workers vanish");
                        }
                        Err(_) => continue,
                    }
                    changed.push((**transaction).clone());
                }
                unit.update_transactions(&changed).await?;
                let none = changed.is_empty();
                let outcome = (claimed, changed);
                Ok(if none { Done::Nothing(outcome) } else { Done::Write(outcome) })
            })
        })
        .await?;
        let (taken, committed_at) = (claimed.len(), self.clock.now());
        // The calls need not wait until the claims are told about.
        claimed.into_iter().for_each(start);
        let views: Vec<_> = changed.iter().map(StatusView::from).collect();
        if !views.is_empty() {
            self.announcer.announce(&views, committed_at).await;
        }
        Ok(taken)
    }
}
