//! What a process with a scheduler does by the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offers_application::housekeeping::Housekeeping;
use offers_application::watch_ends::WatchEnds;
use offers_domain::ports::{Clock, Measure, Metrics, StoreError};
use offers_runner::schedule::every;
use tokio_util::sync::CancellationToken;

use super::Process;
use crate::StartError;
use crate::settings::Settings;

/// How often what waits is counted.
const MEASURE: Duration = Duration::from_secs(15);
/// How often a scheduler asks whether it is its turn.
const LOOK: Duration = Duration::from_mins(1);
/// How often the turn to keep house comes.
const TURN: time::Duration = time::Duration::HOUR;

/// Scheduled work, which says how it went.
#[derive(Clone)]
pub(super) struct Jobs {
    metrics: Arc<dyn Metrics>,
    clock: Arc<dyn Clock>,
}

impl Jobs {
    /// Does the work, and counts it. What fails comes again.
    pub(super) async fn run<T>(&self, name: &'static str, work: impl Future<Output = Result<T, StoreError>>) {
        let started = Instant::now();
        let outcome = work.await;
        if let Err(error) = &outcome {
            tracing::warn!(job = name, %error, "scheduled work failed; it comes again");
        }
        let done_at = outcome.is_ok().then(|| self.clock.now());
        self.metrics.record(Measure::JobRan { name, took: started.elapsed(), done_at });
    }
}

impl Process {
    pub(super) fn jobs(&self) -> Jobs {
        Jobs { metrics: self.parts.metrics.clone(), clock: self.base.clock.clone() }
    }

    /// Every process with a scheduler measures what waits for itself; what changes or reads the whole database is done by
    /// the one that the database elects.
    pub(super) fn start_schedule(&self, settings: &Settings) -> Result<(), StartError> {
        let house = Arc::new(self.base.housekeeping(self.parts.metrics.clone(), settings)?);
        let (stop, jobs) = (self.tasks.stop_signal(), self.jobs());
        let (measured, counted) = (house.clone(), jobs.clone());
        let measure = move || {
            let (house, jobs) = (measured.clone(), counted.clone());
            async move { jobs.run("measures", house.measure()).await }
        };
        let (first, later) = (measure(), every(MEASURE, stop.clone(), measure));
        self.tasks.spawn("measures", async move {
            first.await;
            later.await;
        });
        let watch = Arc::new(self.parts.watch_ends(settings));
        let warner = (house.clone(), watch.clone(), jobs.clone());
        let period = time::Duration::seconds(settings.subscriptions.warn_every_s.into());
        let warn = move || warn(warner.0.clone(), warner.1.clone(), period, warner.2.clone());
        let look = Settings::duration(settings.subscriptions.look_ms).min(LOOK);
        self.tasks.spawn("warnings", every(look, stop.clone(), warn));
        // At once, too: after a long stand-still everybody wants to know whether the money adds up.
        let keep = move || keep_house(house.clone(), jobs.clone());
        let (first, later) = (keep(), every(LOOK, stop.clone(), keep));
        self.tasks.spawn("housekeeping", async move {
            first.await;
            later.await;
        });
        self.start_subscriptions(watch, settings, stop);
        Ok(())
    }

    /// Every scheduler does this, without an election: each takes what no other has taken.
    fn start_subscriptions(&self, watch: Arc<WatchEnds>, settings: &Settings, stop: CancellationToken) {
        let (renewals, lanes) = self.parts.renewals(settings);
        for lane in lanes {
            self.tasks.spawn("renewals", lane.run());
        }
        let (renewals, jobs) = (Arc::new(renewals), self.jobs());
        let look = Settings::duration(settings.subscriptions.look_ms);
        self.tasks.spawn(
            "subscriptions",
            every(look, stop, move || {
                let (renewals, watch, jobs) = (renewals.clone(), watch.clone(), jobs.clone());
                async move {
                    jobs.run("renewals", renewals.run()).await;
                    jobs.run("expiries", watch.expire()).await;
                }
            }),
        );
    }
}

async fn keep_house(house: Arc<Housekeeping>, jobs: Jobs) {
    if is_elected(&house, "housekeeping", TURN).await {
        jobs.run("purge", house.purge()).await;
        jobs.run("ledger_check", house.verify()).await;
    }
}

async fn warn(house: Arc<Housekeeping>, watch: Arc<WatchEnds>, period: time::Duration, jobs: Jobs) {
    if is_elected(&house, "check_expiring_offers", period).await {
        jobs.run("warnings", watch.warn()).await;
    }
}

async fn is_elected(house: &Housekeeping, work: &'static str, period: time::Duration) -> bool {
    let elected = house.is_elected(work, period).await;
    elected.unwrap_or_else(|error| {
        tracing::warn!(work, %error, "nobody says whose turn it is; asking again");
        false
    })
}
