//! Taking work: a worker claims due orders, a batch at a time, and commits before it calls anybody.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use offers_domain::activation_partner::Places;
use offers_domain::ids::TransactionId;
use offers_domain::partner::Step;
use offers_domain::ports::{
    Clock, DueTransactions, IdSource, Measure, Metrics, Store, StoreError, UnreadableTransaction,
};
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{ClaimOutcome, Transaction};
use offers_domain::views::StatusView;
use time::OffsetDateTime;

use crate::announcer::Announcer;
use crate::transact::{Done, transact};

mod looks;

use self::looks::{Look, Looks};

/// An order that this worker holds until its lease ends, with the call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The order, as claimed.
    pub transaction: Transaction,
    /// The call.
    pub step: Step,
}

/// Unreadable orders that are remembered; with more than these, somebody has long been alerted.
const REMEMBERED: usize = 10_000;

/// The use case.
pub struct ClaimWork {
    ports: ClaimPorts,
    policy: RetryPolicy,
    /// Unreadable orders that the log has been told of.
    told: Mutex<HashSet<TransactionId>>,
    looks: Mutex<Looks>,
}

/// What [`ClaimWork`] works with.
pub struct ClaimPorts {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Tells of claimed orders.
    pub announcer: Announcer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Counts.
    pub metrics: Arc<dyn Metrics>,
}

impl ClaimWork {
    /// Claims through these ports.
    pub fn new(ports: ClaimPorts, policy: RetryPolicy) -> Self {
        Self { ports, policy, told: Mutex::default(), looks: Mutex::default() }
    }

    /// Claims as many due orders of each activation partner as it has free places, the longest waiting first, and hands
    /// each to `start`; says how many. What was looked at a moment ago is looked at again once a second. Orders that too
    /// many workers have vanished with are parked for a person instead; orders that cannot be read are left where they are,
    /// and told of once.
    pub async fn run(
        &self,
        places: &[Places],
        start: impl FnMut(Claimed) + Send,
    ) -> Result<usize, StoreError> {
        let (policy, looks) = (&self.policy, &self.looks);
        let (look, taken) = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let look = lock(looks).next(places, now);
                let due = unit.lock_due_transactions(&look.places, now).await?;
                let taken = Taken::of(due, policy, now);
                unit.update_transactions(&taken.changed).await?;
                let wrote = !taken.changed.is_empty();
                Ok(if wrote { Done::Write((look, taken)) } else { Done::Nothing((look, taken)) })
            })
        })
        .await?;
        let Taken { claimed, changed, unreadable } = taken;
        let (taken, committed_at) = (claimed.len(), self.ports.clock.now());
        // The calls need not wait until the claims are told about.
        claimed.into_iter().for_each(start);
        lock(looks).made(&look, &changed);
        self.tell_unreadable(&look, &unreadable);
        let views: Vec<_> = changed.iter().map(StatusView::from).collect();
        if !views.is_empty() {
            self.ports.announcer.announce(&views, committed_at).await;
        }
        Ok(taken)
    }

    fn tell_unreadable(&self, look: &Look, unreadable: &[UnreadableTransaction]) {
        if look.is_whole {
            self.ports.metrics.record(Measure::WorkListRead { unreadable: unreadable.len() });
        }
        let mut told = lock(&self.told);
        for UnreadableTransaction { id, reason } in unreadable {
            if told.len() < REMEMBERED && told.insert(*id) {
                tracing::error!(transaction.id = %id, reason, "an order cannot be read; nobody works on it");
            }
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of the head of the work list.
struct Taken {
    claimed: Vec<Claimed>,
    changed: Vec<Transaction>,
    unreadable: Vec<UnreadableTransaction>,
}

impl Taken {
    fn of(due: DueTransactions, policy: &RetryPolicy, now: OffsetDateTime) -> Self {
        let DueTransactions { readable, unreadable } = due;
        let mut taken = Self { claimed: Vec::new(), changed: Vec::new(), unreadable };
        for mut transaction in readable {
            match transaction.claim(now, policy.lease, policy.max_lost_leases) {
                Ok(ClaimOutcome::Call(step)) => {
                    taken.claimed.push(Claimed { transaction: (*transaction).clone(), step });
                }
                Ok(ClaimOutcome::Parked) => {
                    tracing::error!(transaction.id = %transaction.id(), "order parked: its workers vanish");
                }
                Err(_) => continue,
            }
            taken.changed.push((*transaction).clone());
        }
        taken
    }
}
