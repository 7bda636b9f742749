//! Whose turn it is to do scheduled work.

use offers_domain::ports::Store;
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps::transact;
use super::world::World;
use crate::builders::NOON;

const PERIOD: Duration = Duration::HOUR;

async fn take(store: &dyn Store, job: &'static str, now: OffsetDateTime) -> bool {
    transact(store, async |unit| unit.take_run(job, PERIOD, now).await).await.unwrap()
}

pub async fn a_job_that_never_ran_is_due<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert!(take(&*world.store, "sweep", NOON).await);
}

pub async fn two_processes_share_one_run_in_each_period<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let mut now = NOON;
    for _ in 0..10 {
        let (here, there) = tokio::join!(take(&*world.store, "sweep", now), take(&*other, "sweep", now));
        assert!(here ^ there, "here: {here}, there: {there}");
        now += PERIOD;
    }
}

pub async fn a_job_is_due_again_when_its_period_is_over<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    assert!(take(&*world.store, "sweep", NOON).await);
    let soon = NOON + PERIOD - Duration::microseconds(1);
    assert!(!take(&*world.store, "sweep", soon).await);
    assert!(!take(&*other, "sweep", soon).await);
    assert!(take(&*other, "sweep", NOON + PERIOD).await);
    // The next period runs from the last run, not from a refusal.
    assert!(!take(&*world.store, "sweep", soon + PERIOD).await);
    assert!(take(&*world.store, "sweep", NOON + PERIOD * 2).await);
}

pub async fn jobs_do_not_disturb_one_another<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let later = NOON + Duration::MINUTE;
    assert!(take(&*world.store, "sweep", NOON).await);
    assert!(take(&*world.store, "count", later).await);
    assert!(!take(&*world.store, "sweep", later).await);
    assert!(take(&*world.store, "sweep", NOON + PERIOD).await);
    assert!(!take(&*world.store, "count", NOON + PERIOD).await);
    assert!(take(&*world.store, "count", later + PERIOD).await);
}

pub async fn a_run_that_was_rolled_back_is_still_due<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut unit = world.begin().await;
    assert_eq!(unit.take_run("sweep", PERIOD, NOON).await, Ok(true));
    unit.rollback().await.unwrap();
    assert!(take(&*world.store, "sweep", NOON).await);
    let mut unit = world.begin().await;
    assert_eq!(unit.take_run("sweep", PERIOD, NOON + PERIOD).await, Ok(true));
    unit.rollback().await.unwrap();
    assert!(take(&*world.store, "sweep", NOON + PERIOD).await);
}
