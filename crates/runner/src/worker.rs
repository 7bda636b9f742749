//! The worker: claims due orders in batches and works on many at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use offers_application::claim_work::{ClaimWork, Claimed};
use offers_application::process_activation::ProcessActivation;
use offers_application::release_work::ReleaseWork;
use offers_domain::ports::WakeUp;
use offers_domain::settlement::Claim;
use offers_domain::transaction::SubStatus;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How a worker paces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many orders it works on at once.
    pub concurrency: usize,
    /// How often it looks for due orders although no bell rang.
    pub poll: Duration,
    /// How long a stop waits for the orders under way, before it gives them back. Longer than two calls and their
    /// settlement, so that few have to be.
    pub drain: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self { concurrency: 128, poll: Duration::from_secs(1), drain: Duration::from_secs(22) }
    }
}

/// What a worker does with orders.
pub struct WorkCases {
    /// Takes them.
    pub claim: ClaimWork,
    /// Works on one.
    pub process: ProcessActivation,
    /// Gives them back.
    pub release: ReleaseWork,
}

/// The loop: claim, call, settle; then wait for a bell, a free place or the next look.
pub struct Worker {
    claim: ClaimWork,
    process: Arc<ProcessActivation>,
    release: ReleaseWork,
    wake_up: Arc<dyn WakeUp>,
    settings: WorkerSettings,
    calls: JoinSet<()>,
    /// The claim that each task of `calls` works on.
    claims: HashMap<Id, Claim>,
}

impl Worker {
    /// A worker with no orders.
    pub fn new(cases: WorkCases, wake_up: Arc<dyn WakeUp>, settings: WorkerSettings) -> Self {
        let WorkCases { claim, process, release } = cases;
        let (calls, claims) = (JoinSet::new(), HashMap::new());
        Self { claim, process: Arc::new(process), release, wake_up, settings, calls, claims }
    }

    /// Works until the stop, then finishes the orders under way. What is left over then is given back, and another worker
    /// takes it at once.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            while let Some(ended) = self.calls.try_join_next_with_id() {
                self.forget(ended);
            }
            let free = self.settings.concurrency.saturating_sub(self.calls.len());
            let taken = if free > 0 { self.take(free).await } else { 0 };
            // A full take means that more may be waiting: look again at once, or as soon as there is a place.
            if taken == free && free > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake_up.wait_for_work(), if free > 0 => {}
                () = tokio::time::sleep(self.settings.poll), if free > 0 => {}
                Some(ended) = self.calls.join_next_with_id(), if free == 0 => self.forget(ended),
            }
        }
        self.drain().await;
    }

    async fn take(&mut self, free: usize) -> usize {
        let Self { claim, process, calls, claims, .. } = self;
        let start = |order: Claimed| {
            let held = Claim::on(&order.transaction);
            let call = calls.spawn(work_on(process.clone(), order));
            claims.insert(call.id(), held);
        };
        claim.run(free, start).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no orders could be claimed; trying again");
            0
        })
    }

    async fn drain(&mut self) {
        let patience = self.settings.drain;
        let all = async {
            while let Some(ended) = self.calls.join_next_with_id().await {
                self.forget(ended);
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            self.calls.shutdown().await;
            self.give_back().await;
        }
    }

    async fn give_back(&mut self) {
        let claims: Vec<Claim> = self.claims.drain().map(|(_, claim)| claim).collect();
        match self.release.run(&claims).await {
            Ok(orders) => tracing::warn!(orders, "stopping with orders under way; other workers take them"),
            Err(error) => {
                let orders = claims.len();
                tracing::warn!(orders, %error, "stopping with orders under way; their leases will end");
            }
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let task = match ended {
            Ok((task, ())) => task,
            Err(error) => {
                tracing::error!(%error, "working on an order panicked; its lease will end");
                error.id()
            }
        };
        self.claims.remove(&task);
    }
}

async fn work_on(process: Arc<ProcessActivation>, order: Claimed) {
    let id = order.transaction.id();
    match process.run(order).await {
        Ok(transaction) if transaction.sub_status() == SubStatus::NeedsAttention => {
            tracing::error!(transaction.id = %id, "order parked: the activation partner never made itself clear");
        }
        Ok(transaction) => tracing::info!(
            transaction.id = %id,
            status = transaction.status().as_str(),
            sub_status = transaction.sub_status().as_str(),
            "order settled"
        ),
        Err(error) => tracing::warn!(transaction.id = %id, %error, "order not settled; its lease will end"),
    }
}
