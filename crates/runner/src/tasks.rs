//! The tasks of a process: started here, waited for here.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Starts tasks and stops them together. A task that panics stops the process, rather than leave it running without one
/// of its parts.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    broken: Arc<AtomicBool>,
}

impl Tasks {
    /// No tasks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(self.clone().watch(name, task));
    }

    /// Starts a task that ends with the process, however long the others take to stop.
    #[expect(clippy::disallowed_methods, reason = "this is the place where tasks are started")]
    pub fn spawn_background(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        tracing::debug!(task = name, "started in the background");
        tokio::spawn(self.clone().watch(name, task));
    }

    async fn watch(self, name: &'static str, task: impl Future<Output = ()> + Send) {
        if AssertUnwindSafe(task).catch_unwind().await.is_err() {
            tracing::error!(task = name, "a task panicked; stopping");
            self.fail();
        }
    }

    /// Stops the process because a part of it cannot go on; [`ended`](Self::ended) will say so.
    pub fn fail(&self) {
        self.broken.store(true, Ordering::Relaxed);
        self.stop.cancel();
    }

    /// Tells every task to stop; they finish what they have begun.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// The signal that tasks watch.
    pub fn stop_signal(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits until every task has ended, or until `patience` is over. True when all ended and none panicked.
    pub async fn ended(&self, patience: Duration) -> bool {
        self.tracker.close();
        let all = tokio::time::timeout(patience, self.tracker.wait()).await.is_ok();
        all && !self.broken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_waits_for_what_has_begun() {
        let tasks = Tasks::new();
        let stop = tasks.stop_signal();
        let finished = Arc::new(AtomicBool::new(false));
        let seen = finished.clone();
        tasks.spawn("patient", async move {
            stop.cancelled().await;
            seen.store(true, Ordering::Relaxed);
        });
        tasks.stop();
        assert!(tasks.ended(Duration::from_secs(5)).await);
        assert!(finished.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_task_that_panics_stops_the_others_and_is_not_forgotten() {
        let tasks = Tasks::new();
        let stop = tasks.stop_signal();
        tasks.spawn("waits", async move { stop.cancelled().await });
        tasks.spawn("panics", async { panic!("on purpose") });
        assert!(!tasks.ended(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn a_task_in_the_background_that_panics_stops_the_others_too() {
        let tasks = Tasks::new();
        let stop = tasks.stop_signal();
        tasks.spawn("waits", async move { stop.cancelled().await });
        tasks.spawn_background("panics", async { panic!("on purpose") });
        assert!(!tasks.ended(Duration::from_secs(5)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let tasks = Tasks::new();
        tasks.spawn("stuck", std::future::pending());
        assert!(!tasks.ended(Duration::from_secs(5)).await);
    }
}
