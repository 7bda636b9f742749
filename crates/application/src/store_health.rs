//! Whether the servers behind the program answer, so that nobody waits for one that does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use offers_domain::ports::{Dependency, Measure, Metrics, Queries, StoreError};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long the store may take to answer a ping.
const WITHIN: Duration = Duration::from_secs(1);
/// So many questions in a row without an answer are more than a busy moment.
const DOWN_AFTER: u32 = 2;

/// What is known of the servers behind the program.
pub struct StoreHealth {
    queries: Arc<dyn Queries>,
    shared_cache: Option<Arc<dyn Dependency>>,
    metrics: Arc<dyn Metrics>,
    /// Questions in a row that the store did not answer.
    unanswered: AtomicU32,
    /// The last look, and when it began. Whoever looks holds it.
    last: Mutex<Option<(Instant, Health)>>,
}

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Everything.
    Good,
    /// All but the shared cache, which nothing depends on.
    WithoutSharedCache,
    /// The store does not.
    WithoutStore,
}

impl StoreHealth {
    /// Believes in the best until told otherwise.
    pub fn new(
        queries: Arc<dyn Queries>,
        shared_cache: Option<Arc<dyn Dependency>>,
        metrics: Arc<dyn Metrics>,
    ) -> Self {
        Self { queries, shared_cache, metrics, unanswered: AtomicU32::new(0), last: Mutex::new(None) }
    }

    /// What everybody answers who is asked from now on. Of callers at once one asks, and the others hear what it heard: a
    /// crowd of probes must not be what the store has its hands full with.
    pub async fn look(&self) -> Health {
        let called = Instant::now();
        let mut last = self.last.lock().await;
        if let Some((began, health)) = *last
            && began > called
        {
            return health;
        }
        let began = Instant::now();
        let health = self.ask().await;
        *last = Some((began, health));
        health
    }

    /// Asks everybody, and remembers and counts what they answered.
    async fn ask(&self) -> Health {
        let cache = async {
            let Some(cache) = &self.shared_cache else { return true };
            let answers = cache.answers().await;
            self.metrics.record(Measure::Dependency { name: "shared_cache", up: answers });
            answers
        };
        let (store, cache) = tokio::join!(self.ask_store(), cache);
        match (store, cache) {
            (Err(_), _) => Health::WithoutStore,
            (Ok(()), false) => Health::WithoutSharedCache,
            (Ok(()), true) => Health::Good,
        }
    }

    async fn ask_store(&self) -> Result<(), StoreError> {
        let no_answer = |_| Err(StoreError::Unavailable("no answer to a ping".into()));
        let answer = match timeout(WITHIN, self.queries.ping()).await {
            Err(late) => no_answer(late),
            // One that has its hands full is not away.
            Ok(Err(StoreError::Overloaded(_))) => Ok(()),
            Ok(answer) => answer,
        };
        match &answer {
            Err(error) => {
                let before = self.unanswered.fetch_add(1, Ordering::Relaxed);
                if before + 1 == DOWN_AFTER {
                    tracing::error!(%error, "the store does not answer");
                }
            }
            Ok(()) if self.unanswered.swap(0, Ordering::Relaxed) >= DOWN_AFTER => {
                tracing::info!("the store answers again");
            }
            Ok(()) => {}
        }
        self.metrics.record(Measure::Dependency { name: "store", up: !self.store_is_down() });
        answer
    }

    /// Whether the store has not answered lately.
    pub fn store_is_down(&self) -> bool {
        self.unanswered.load(Ordering::Relaxed) >= DOWN_AFTER
    }
}
