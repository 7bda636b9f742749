//! Work by the clock.

use std::future::Future;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Runs `job` every `period` until the stop. The first run comes after one period; a run that takes longer than the
/// period delays the next one instead of piling up. A job logs its own failures.
pub async fn every<F, Fut>(period: Duration, stop: CancellationToken, mut job: F)
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = ()> + Send,
{
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => job().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_job_runs_once_a_period_until_the_stop() {
        let stop = CancellationToken::new();
        let runs = AtomicU32::new(0);
        let job = every(Duration::from_mins(1), stop.clone(), || async {
            if runs.fetch_add(1, Ordering::Relaxed) == 2 {
                stop.cancel();
            }
        });
        let started = tokio::time::Instant::now();
        job.await;
        assert_eq!(runs.load(Ordering::Relaxed), 3);
        assert_eq!(started.elapsed(), Duration::from_mins(3));
    }
}
