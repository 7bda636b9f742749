//! Everything is lost again and again, under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration as Span, Instant};

use offers_domain::ports::StatusCache;
use offers_testkit::servers::Redis;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::stage::{ORDER, Process, Raw, now, patient, processing, success};

const FRESH_FOR: Duration = Duration::milliseconds(200);
const RUNS: Span = Span::from_secs(2);

/// The store: the version that counts, and since when each version has counted.
struct Truth {
    version: AtomicU32,
    since: std::sync::Mutex<Vec<OffsetDateTime>>,
}

impl Truth {
    fn moves_on(&self) {
        let mut since = self.since.lock().unwrap();
        since.push(now());
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// When the version ceased to be true.
    fn ended(&self, version: u32) -> Option<OffsetDateTime> {
        self.since.lock().unwrap().get(version as usize).copied()
    }
}

async fn writes(process: Arc<Process>, truth: Arc<Truth>, began: Instant, pause: u64) {
    while began.elapsed() < RUNS {
        let (known_at, version) = (now(), truth.version.load(Ordering::SeqCst));
        // What is written may be old by now.
        sleep(Span::from_millis(pause)).await;
        process.statuses.put(&[processing(version)], known_at).await;
    }
}

async fn reads(process: Arc<Process>, truth: Arc<Truth>, began: Instant) -> usize {
    let mut found = 0;
    while began.elapsed() < RUNS {
        let asked_at = now();
        if let Some(status) = process.statuses.get(ORDER).await {
            found += 1;
            assert!(status.version <= truth.version.load(Ordering::SeqCst), "from the future");
            assert_eq!(status, processing(status.version), "of somebody else, or of another version");
            let age = truth.ended(status.version).map_or(Duration::ZERO, |ended| asked_at - ended);
            assert!(age <= FRESH_FOR, "{} was over for {age}", status.version);
        }
        tokio::task::yield_now().await;
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_no_wrong_owner_and_no_status_that_has_been_over_for_longer_than_allowed() {
    let server = Redis::start();
    let process = Arc::new(patient(&server, FRESH_FOR));
    // Version 0 has counted since always.
    let truth = Arc::new(Truth { version: AtomicU32::new(0), since: std::sync::Mutex::default() });
    let began = Instant::now();
    let mut writers = JoinSet::new();
    for pause in [0, 5, 20, 100] {
        writers.spawn(writes(process.clone(), truth.clone(), began, pause));
    }
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        readers.spawn(reads(process.clone(), truth.clone(), began));
    }
    let mut raw = Raw::to(&server);
    while began.elapsed() < RUNS {
        truth.moves_on();
        sleep(Span::from_millis(10)).await;
        raw.tell("FLUSHALL");
    }
    writers.join_all().await;
    let found: usize = readers.join_all().await.into_iter().sum();
    assert!(found > 100, "only {found} reads found anything");

    // The order ends; whatever is still on its way is refused.
    process.statuses.put(&[success(ORDER)], now()).await;
    process.statuses.put(&[processing(truth.version.load(Ordering::SeqCst))], now()).await;
    assert_eq!(process.statuses.get(ORDER).await, Some(success(ORDER)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_redis_has_forgotten_is_handed_over_again() {
    let server = Redis::start();
    let process = patient(&server, Duration::MINUTE);
    process.recovers().await;
    Raw::to(&server).tell("SCRIPT FLUSH SYNC");
    process.statuses.put(&[success(ORDER)], now()).await;
    assert_eq!(process.statuses.get(ORDER).await, Some(success(ORDER)));
}
