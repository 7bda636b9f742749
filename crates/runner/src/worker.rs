//! The worker: claims due orders in batches and works on many at once.

use std::sync::Arc;
use std::time::Duration;

use offers_application::claim_work::{ClaimWork, Claimed};
use offers_application::process_activation::ProcessActivation;
use offers_domain::ports::WakeUp;
use offers_domain::transaction::SubStatus;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How a worker paces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many orders it works on at once.
    pub concurrency: usize,
    /// How often it looks for due orders although no bell rang.
    pub poll: Duration,
    /// How long a stop waits for the orders under way. Longer than one call and its settlement.
    pub drain: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self { concurrency: 128, poll: Duration::from_secs(1), drain: Duration::from_secs(25) }
    }
}

/// The loop: claim, call, settle; then wait for a bell, a free place or the next look.
pub struct Worker {
    claim: ClaimWork,
    process: Arc<ProcessActivation>,
    wake_up: Arc<dyn WakeUp>,
    settings: WorkerSettings,
    calls: JoinSet<()>,
}

impl Worker {
    /// A worker with no orders.
    pub fn new(
        claim: ClaimWork,
        process: ProcessActivation,
        wake_up: Arc<dyn WakeUp>,
        settings: WorkerSettings,
    ) -> Self {
        Self { claim, process: Arc::new(process), wake_up, settings, calls: JoinSet::new() }
    }

    /// Works until the stop, then finishes the orders under way. What is left over then keeps its lease, and another
    /// worker takes it when the lease ends.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            while let Some(ended) = self.calls.try_join_next() {
                note_panic(ended);
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
                Some(ended) = self.calls.join_next(), if free == 0 => note_panic(ended),
            }
        }
        self.drain().await;
    }

    async fn take(&mut self, free: usize) -> usize {
        let Self { claim, process, calls, .. } = self;
        let start = |order| {
            calls.spawn(work_on(process.clone(), order));
        };
        claim.run(free, start).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no orders could be claimed; trying again");
            0
        })
    }

    async fn drain(&mut self) {
        let all = async {
            while let Some(ended) = self.calls.join_next().await {
                note_panic(ended);
            }
        };
        if tokio::time::timeout(self.settings.drain, all).await.is_err() {
            tracing::warn!(
                orders = self.calls.len(),
                "stopping with orders under way; their leases will end"
            );
        }
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

fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "working on an order panicked; its lease will end");
    }
}
