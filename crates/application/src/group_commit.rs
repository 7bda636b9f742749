//! Group commit: commands that wait together share one unit of work.
//!
//! A lane is one task with one queue. It takes whatever is waiting, up to a limit, and runs it as one unit: load, decide,
//! save, commit. There is no timer: an idle lane runs a single command at once, and under load the batch grows by itself,
//! because commands queue up while the previous batch commits. Each caller gets its own answer.
//!
//! A caller that goes away cannot cancel its command half-way: the lane runs it to the end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::join;
use offers_domain::ports::{Clock, IdSource, Measure, Metrics, Store, StoreError, UnitOfWork};
use offers_domain::views::StatusView;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};

use crate::announcer::Announcer;
use crate::transact::{Done, transact};

/// One kind of command that is committed in groups.
#[async_trait]
pub trait Batch: Send + Sync + 'static {
    /// What is asked.
    type Command: Send + Sync + 'static;
    /// What is answered: also a refusal is an answer, and leaves its neighbours alone.
    type Answer: Send + 'static;

    /// The name in logs and metrics.
    const NAME: &'static str;

    /// Commands with the same number run in the same lane, in the order in which they came.
    fn lane(command: &Self::Command) -> u64;

    /// Loads, decides and saves within `unit`; it may be run again with the same commands after a failure.
    async fn execute(
        &self,
        unit: &mut dyn UnitOfWork,
        commands: &[Self::Command],
    ) -> Result<Executed<Self::Answer>, StoreError>;
}

/// What a batch did.
pub struct Executed<A> {
    /// One answer for each command, in their order.
    pub answers: Vec<A>,
    /// The orders that changed.
    pub changed: Vec<StatusView>,
    /// Whether anything was written: otherwise there is nothing to commit.
    pub wrote: bool,
}

/// Why a command has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubmitError {
    /// Too many commands are waiting; nothing was written.
    #[error("too many commands are waiting")]
    Full,
    /// The process is stopping; nothing was written.
    #[error("the lane has stopped")]
    Stopped,
    /// The store could not run the command by itself either.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How lanes are built.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    /// How many lanes; each uses one connection of the store.
    pub lanes: usize,
    /// How many commands may wait in one lane.
    pub queue: usize,
    /// How many commands share a unit at most.
    pub max_batch: usize,
}

impl Default for LaneSettings {
    fn default() -> Self {
        Self { lanes: 1, queue: 4096, max_batch: 128 }
    }
}

/// What lanes work with.
#[derive(Clone)]
pub struct LanePorts {
    /// Where units come from.
    pub store: Arc<dyn Store>,
    /// Who is told about changed orders.
    pub announcer: Announcer,
    /// Times commits for caches.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Counts.
    pub metrics: Arc<dyn Metrics>,
}

struct Queued<B: Batch> {
    command: B::Command,
    answer: oneshot::Sender<Result<B::Answer, SubmitError>>,
}

/// The entrance: hands commands to lanes. When the last entrance is dropped, the lanes finish what waits and stop.
pub struct GroupCommit<B: Batch> {
    lanes: Arc<[mpsc::Sender<Queued<B>>]>,
    metrics: Arc<dyn Metrics>,
}

impl<B: Batch> Clone for GroupCommit<B> {
    fn clone(&self) -> Self {
        Self { lanes: self.lanes.clone(), metrics: self.metrics.clone() }
    }
}

/// One lane, to be run by a task of its own.
pub struct Lane<B: Batch> {
    runner: Runner<B>,
    queue: mpsc::Receiver<Queued<B>>,
    max_batch: usize,
}

impl<B: Batch> GroupCommit<B> {
    /// An entrance and its lanes.
    pub fn new(batch: B, ports: &LanePorts, settings: LaneSettings) -> (Self, Vec<Lane<B>>) {
        let batch = Arc::new(batch);
        let (entrances, lanes): (Vec<_>, Vec<_>) = (0..settings.lanes.max(1))
            .map(|_| {
                let (entrance, queue) = mpsc::channel(settings.queue.max(1));
                let (batch, ports) = (batch.clone(), ports.clone());
                let runner = Runner { batch, ports };
                (entrance, Lane { runner, queue, max_batch: settings.max_batch.max(1) })
            })
            .unzip();
        (Self { lanes: entrances.into(), metrics: ports.metrics.clone() }, lanes)
    }

    /// Runs a command with whatever else is waiting and returns its own answer. Turns it away at once when its lane is
    /// full.
    pub async fn submit(&self, command: B::Command) -> Result<B::Answer, SubmitError> {
        let count = u64::try_from(self.lanes.len()).unwrap_or(u64::MAX);
        let index = usize::try_from(B::lane(&command) % count).unwrap_or_default();
        let lane = self.lanes.get(index).ok_or(SubmitError::Stopped)?;
        let (answer, receiver) = oneshot::channel();
        lane.try_send(Queued { command, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.metrics.record(Measure::Shed { name: B::NAME });
                SubmitError::Full
            }
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopped,
        })?;
        // A lane that vanished with the command may have run it.
        let vanished = || StoreError::OutcomeUnknown("the lane ended".into());
        receiver.await.unwrap_or_else(|_| Err(vanished().into()))
    }
}

impl<B: Batch> Lane<B> {
    /// Runs batches until every entrance is gone and the queue is empty.
    pub async fn run(self) {
        let Self { runner, mut queue, max_batch } = self;
        let mut waiting = Vec::with_capacity(max_batch);
        let mut news = News::default();
        loop {
            let next = async {
                if queue.recv_many(&mut waiting, max_batch).await == 0 {
                    return None;
                }
                let (commands, answers): (Vec<_>, Vec<_>) =
                    waiting.drain(..).map(|queued| (queued.command, queued.answer)).unzip();
                let mut news = News::default();
                runner.run_batch(&commands, answers, &mut news).await;
                Some(news)
            };
            // What a batch changed is announced while the next one runs.
            match join(next, runner.announce(news)).await.0 {
                Some(next) => news = next,
                None => return,
            }
        }
    }
}

/// Orders that changed, with when that was committed, to be announced.
#[derive(Default)]
struct News(Vec<(Vec<StatusView>, OffsetDateTime)>);

/// Runs the batches of one lane.
struct Runner<B: Batch> {
    batch: Arc<B>,
    ports: LanePorts,
}

impl<B: Batch> Runner<B> {
    async fn announce(&self, news: News) {
        for (changed, committed_at) in news.0 {
            self.ports.announcer.announce(&changed, committed_at).await;
        }
    }

    async fn run_batch(
        &self,
        commands: &[B::Command],
        senders: Vec<oneshot::Sender<Result<B::Answer, SubmitError>>>,
        news: &mut News,
    ) {
        match self.run_unit(commands).await {
            Ok(executed) => {
                for (sender, answer) in senders.into_iter().zip(executed.answers) {
                    // A caller that has gone away does not undo its order.
                    let _ = sender.send(Ok(answer));
                }
                if !executed.changed.is_empty() {
                    news.0.push((executed.changed, self.ports.clock.now()));
                }
            }
            Err(error) if commands.len() == 1 || concerns_all(&error) => {
                for sender in senders {
                    let _ = sender.send(Err(error.clone().into()));
                }
            }
            Err(error) => {
                tracing::warn!(batch = B::NAME, commands = commands.len(), %error, "unit failed; running each command alone");
                for (command, sender) in commands.chunks(1).zip(senders) {
                    Box::pin(self.run_batch(command, vec![sender], news)).await;
                }
            }
        }
    }

    async fn run_unit(&self, commands: &[B::Command]) -> Result<Executed<B::Answer>, StoreError> {
        let started = Instant::now();
        let batch = &self.batch;
        let unit = transact(&*self.ports.store, &*self.ports.ids, |unit| {
            Box::pin(async move {
                let executed = batch.execute(unit, commands).await?;
                Ok(if executed.wrote { Done::Write(executed) } else { Done::Nothing(executed) })
            })
        });
        // A rule that panics fails its unit, not the lane.
        let outcome = AssertUnwindSafe(unit)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(StoreError::Misuse("the batch panicked".into())));
        self.ports.metrics.record(Measure::Batch {
            name: B::NAME,
            commands: commands.len(),
            took: started.elapsed(),
            carried_out: outcome.is_ok(),
        });
        outcome
    }
}

/// Whether running each command alone could not help: the store is away or busy, which it would be for each of them, or
/// the unit may have been committed after all.
fn concerns_all(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable(_)
            | StoreError::Overloaded(_)
            | StoreError::Contention(_)
            | StoreError::OutcomeUnknown(_)
    )
}
