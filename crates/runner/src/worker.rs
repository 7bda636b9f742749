//! The worker: claims due orders in batches and works on many at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use offers_application::claim_work::{ClaimWork, Claimed};
use offers_application::process_activation::ProcessActivation;
use offers_application::release_work::ReleaseWork;
use offers_domain::activation_partner::{ActivationPartner, Places};
use offers_domain::ports::WakeUp;
use offers_domain::settlement::Claim;
use offers_domain::transaction::SubStatus;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How a worker paces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How often it looks for due orders although no bell rang.
    pub poll: Duration,
    /// How long a stop waits for the orders under way, before it gives them back. Longer than two calls and their
    /// settlement, so that few have to be.
    pub drain: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self { poll: Duration::from_secs(1), drain: Duration::from_secs(22) }
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
    /// How many orders of each activation partner it works on at once.
    places: Vec<Places>,
    settings: WorkerSettings,
    calls: JoinSet<()>,
    /// The claim that each task of `calls` works on, and whom it calls.
    claims: HashMap<Id, (Claim, ActivationPartner)>,
}

impl Worker {
    /// A worker with no orders, and so many places for those of each activation partner.
    pub fn new(
        cases: WorkCases,
        wake_up: Arc<dyn WakeUp>,
        places: Vec<Places>,
        settings: WorkerSettings,
    ) -> Self {
        let WorkCases { claim, process, release } = cases;
        let (calls, claims) = (JoinSet::new(), HashMap::new());
        Self { claim, process: Arc::new(process), release, wake_up, places, settings, calls, claims }
    }

    /// Works until the stop, then finishes the orders under way. What is left over then is given back, and another worker
    /// takes it at once.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            while let Some(ended) = self.calls.try_join_next_with_id() {
                self.forget(ended);
            }
            let places = self.free_places();
            // A partner whose places are all taken may have more waiting: look again at once, which is for the others, and
            // as soon as there is a place.
            if !places.is_empty() && self.take(&places).await {
                continue;
            }
            let (free, full) = (!places.is_empty(), places.len() < self.places.len());
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake_up.wait_for_work(), if free => {}
                () = tokio::time::sleep(self.settings.poll), if free => {}
                Some(ended) = self.calls.join_next_with_id(), if full => self.forget(ended),
            }
        }
        self.drain().await;
    }

    /// The partners that have places left, and how many.
    fn free_places(&self) -> Vec<Places> {
        let mut taken: HashMap<ActivationPartner, usize> = HashMap::new();
        for (_, partner) in self.claims.values() {
            *taken.entry(*partner).or_default() += 1;
        }
        let left = |places: &Places| {
            let taken = taken.get(&places.partner).copied().unwrap_or_default();
            Places { free: places.free.saturating_sub(taken), ..*places }
        };
        self.places.iter().map(left).filter(|places| places.free > 0).collect()
    }

    /// Whether a partner has no place left now.
    async fn take(&mut self, places: &[Places]) -> bool {
        let Self { claim, process, calls, claims, .. } = self;
        let start = |order: Claimed| {
            let held = (Claim::on(&order.transaction), order.transaction.order().activated_by);
            let call = calls.spawn(work_on(process.clone(), order));
            claims.insert(call.id(), held);
        };
        if let Err(error) = claim.run(places, start).await {
            tracing::warn!(%error, "no orders could be claimed; trying again");
        }
        self.free_places().len() < places.len()
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
        let claims: Vec<Claim> = self.claims.drain().map(|(_, (claim, _))| claim).collect();
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

/// Every line that is written meanwhile tells the order and its trace.
async fn work_on(process: Arc<ProcessActivation>, order: Claimed) {
    let id = order.transaction.id();
    let trace = order.transaction.request().trace;
    let span = tracing::info_span!(
        "order.work",
        transaction.id = %id,
        trace.id = %trace.trace_id(),
        span.id = tracing::field::Empty,
        parent.id = %trace.span_id(),
    );
    work(process, order).instrument(span).await;
}

async fn work(process: Arc<ProcessActivation>, order: Claimed) {
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
