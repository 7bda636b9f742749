//! What every cache of statuses must do.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::StatusCache;
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::views::StatusView;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

use crate::builders::{NOON, processing};

/// This text, for the test that every case is listed.
pub const SOURCE: &str = include_str!("status_cache.rs");

/// A cache under test.
#[async_trait]
pub trait StatusCacheHarness: Sized + Send + Sync {
    /// A new, empty cache.
    async fn fresh() -> Self;

    /// The cache.
    fn cache(&self) -> Arc<dyn StatusCache>;

    /// The time that the cache goes by.
    fn now(&self) -> OffsetDateTime;

    /// How long a status that is not final is kept: short where time is real.
    fn fresh_for(&self) -> Duration;

    /// Lets so much time pass: moves a fake clock, or sleeps.
    async fn pass(&self, time: Duration);
}

/// Runs the suite against a [`StatusCacheHarness`], one test for each case.
#[macro_export]
macro_rules! status_cache_contract {
    ($harness:ty) => {
        $crate::contract_tests! { status_cache, $harness:
            an_unknown_order_is_not_found,
            every_status_of_a_batch_is_found_as_it_was_put,
            a_newer_version_replaces_an_older_one,
            an_older_version_never_replaces_a_newer_one,
            a_final_status_stays,
            a_status_that_may_change_is_kept_while_it_is_fresh,
            a_status_known_again_is_fresh_again,
            a_late_write_is_dropped,
            a_write_that_was_held_up_does_not_fill_the_place_of_an_expired_one,
            concurrent_writes_end_with_the_highest_version,
        }
    };
}

const ORDER: TransactionId = TransactionId(Uuid::from_u128(1));

fn failed(id: TransactionId, version: u32) -> StatusView {
    StatusView {
        status: Status::Failed,
        sub_status: SubStatus::Refused,
        reference: Some("EXT-1".into()),
        error_code: Some("partner_refused".into()),
        error_message: Some("Ligne coupée: \"non\"\n".into()),
        completed_at: Some(NOON + Duration::microseconds(2)),
        ..processing(id, version)
    }
}

async fn version<H: StatusCacheHarness>(harness: &H) -> Option<u32> {
    harness.cache().get(ORDER).await.map(|status| status.version)
}

/// Nothing is known of an order that was never put.
pub async fn an_unknown_order_is_not_found<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[processing(TransactionId(Uuid::from_u128(2)), 1)], harness.now()).await;
    assert_eq!(harness.cache().get(ORDER).await, None);
}

/// Every field survives, for every status of the slice.
pub async fn every_status_of_a_batch_is_found_as_it_was_put<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    let ids = [1, 2, u128::MAX].map(|id| TransactionId(Uuid::from_u128(id)));
    let batch = [processing(ids[0], 1), failed(ids[1], 3), processing(ids[2], u32::MAX)];
    harness.cache().put(&batch, harness.now()).await;
    for status in batch {
        assert_eq!(harness.cache().get(status.transaction).await, Some(status));
    }
}

/// The order moves on.
pub async fn a_newer_version_replaces_an_older_one<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[processing(ORDER, 2)], harness.now()).await;
    harness.cache().put(&[failed(ORDER, 3)], harness.now()).await;
    assert_eq!(harness.cache().get(ORDER).await, Some(failed(ORDER, 3)));
}

/// Writers that overtake each other leave the newest state.
pub async fn an_older_version_never_replaces_a_newer_one<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[processing(ORDER, 10)], harness.now()).await;
    harness.cache().put(&[processing(ORDER, 9)], harness.now()).await;
    assert_eq!(version(&harness).await, Some(10));
    harness.cache().put(&[failed(ORDER, 11)], harness.now()).await;
    harness.cache().put(&[processing(ORDER, 10)], harness.now()).await;
    assert_eq!(harness.cache().get(ORDER).await, Some(failed(ORDER, 11)));
}

/// What never changes need not be read again.
pub async fn a_final_status_stays<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[failed(ORDER, 3)], harness.now()).await;
    harness.pass(harness.fresh_for() * 2).await;
    assert_eq!(version(&harness).await, Some(3));
}

/// It is found for so long and not longer.
pub async fn a_status_that_may_change_is_kept_while_it_is_fresh<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[processing(ORDER, 2)], harness.now()).await;
    harness.pass(harness.fresh_for() / 2).await;
    assert_eq!(version(&harness).await, Some(2));
    harness.pass(harness.fresh_for() / 2).await;
    assert_eq!(version(&harness).await, None);
}

/// Reading the same version from the store again says that it still holds.
pub async fn a_status_known_again_is_fresh_again<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[processing(ORDER, 2)], harness.now()).await;
    harness.pass(harness.fresh_for() * 3 / 4).await;
    harness.cache().put(&[processing(ORDER, 2)], harness.now()).await;
    harness.pass(harness.fresh_for() / 2).await;
    assert_eq!(version(&harness).await, Some(2));
}

/// Age counts from when a status was known, not from when it arrived.
pub async fn a_late_write_is_dropped<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(&[processing(ORDER, 2)], harness.now() - harness.fresh_for()).await;
    assert_eq!(version(&harness).await, None);
    harness.cache().put(&[failed(ORDER, 3)], harness.now() - Duration::hours(24)).await;
    assert_eq!(version(&harness).await, None);
}

/// An empty place cannot tell which version is older, so it is the age that keeps an old one out.
pub async fn a_write_that_was_held_up_does_not_fill_the_place_of_an_expired_one<H: StatusCacheHarness>() {
    let harness = H::fresh().await;
    let known_at = harness.now();
    harness.cache().put(&[processing(ORDER, 5)], known_at).await;
    harness.pass(harness.fresh_for()).await;
    harness.cache().put(&[processing(ORDER, 4)], known_at).await;
    assert_eq!(version(&harness).await, None);
}

/// Whatever the order in which writers come, a reader never sees a version fall, and the highest one wins.
pub async fn concurrent_writes_end_with_the_highest_version<H: StatusCacheHarness>() {
    const HIGHEST: u32 = 60;
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
    let harness = H::fresh().await;
    let mut tasks = JoinSet::new();
    for writer in 0..4 {
        let (cache, now) = (harness.cache(), harness.now());
        tasks.spawn(async move {
            for step in 0..=HIGHEST {
                // Each writer starts elsewhere, and two of them go backwards.
                let version = (step + writer * 17) % (HIGHEST + 1);
                let version = if writer % 2 == 0 { version } else { HIGHEST - version };
                cache.put(&[failed(ORDER, version)], now).await;
            }
        });
    }
    let cache = harness.cache();
    tasks.spawn(async move {
        let mut seen = 0;
        while seen < HIGHEST {
            let version = cache.get(ORDER).await.map_or(0, |status| status.version);
            assert!(version >= seen, "{version} after {seen}");
            seen = version;
            tokio::task::yield_now().await;
        }
    });
    timeout(PATIENCE, tasks.join_all()).await.expect("the highest version never appeared");
    assert_eq!(version(&harness).await, Some(HIGHEST));
}
