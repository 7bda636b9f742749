//! What every bell must do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use offers_domain::ids::TransactionId;
use offers_domain::ports::WakeUp;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

/// This text, for the test that every case is listed.
pub const SOURCE: &str = include_str!("wake_up.rs");

/// A bell under test.
#[async_trait]
pub trait WakeUpHarness: Sized + Send + Sync {
    /// A new bell that nobody has rung.
    async fn fresh() -> Self;

    /// The bell.
    fn bell(&self) -> Arc<dyn WakeUp>;

    /// How many orders it follows.
    fn followed(&self) -> usize;

    /// Returns once everything that was rung and announced has arrived.
    async fn settle(&self);
}

/// Runs the suite against a [`WakeUpHarness`], one test for each case.
#[macro_export]
macro_rules! wake_up_contract {
    ($harness:ty) => {
        $crate::contract_tests! { wake_up, $harness:
            a_ring_wakes_who_waits,
            a_ring_before_anyone_waits_is_remembered,
            rings_before_anyone_waits_are_remembered_as_one,
            with_several_waiting_every_ring_wakes_one,
            an_announcement_wakes_a_follower_that_waits,
            an_announcement_between_following_and_waiting_is_not_missed,
            announcements_that_nobody_waited_for_are_seen_as_one,
            every_follower_of_an_order_is_woken,
            followers_of_other_orders_are_not_woken,
            an_order_is_forgotten_with_its_last_follower,
            followers_that_come_and_go_together_leave_nothing_behind,
        }
    };
}

/// Far more than any bell needs.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to watch for something that must not happen.
const A_WHILE: Duration = Duration::from_millis(50);

fn order(id: u128) -> TransactionId {
    TransactionId(Uuid::from_u128(id))
}

async fn soon<T>(event: impl Future<Output = T>) -> T {
    timeout(PATIENCE, event).await.expect("nothing happened")
}

async fn not_yet(event: impl Future) -> bool {
    timeout(A_WHILE, event).await.is_err()
}

/// It waits until there is a ring.
pub async fn a_ring_wakes_who_waits<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let mut waiting = bell.wait_for_work();
    assert!(not_yet(&mut waiting).await);
    bell.ring().await;
    soon(waiting).await;
}

/// A worker that was busy finds the ring when it comes back.
pub async fn a_ring_before_anyone_waits_is_remembered<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    bell.ring().await;
    soon(bell.wait_for_work()).await;
}

/// One look at the work list answers all of them.
pub async fn rings_before_anyone_waits_are_remembered_as_one<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    for _ in 0..3 {
        bell.ring().await;
    }
    harness.settle().await;
    soon(bell.wait_for_work()).await;
    assert!(not_yet(bell.wait_for_work()).await);
}

/// Three workers, three rings: nobody sleeps on.
pub async fn with_several_waiting_every_ring_wakes_one<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let mut waiting = JoinSet::new();
    for _ in 0..3 {
        let bell = Arc::clone(&bell);
        waiting.spawn(async move { bell.wait_for_work().await });
    }
    while !waiting.is_empty() {
        bell.ring().await;
        soon(waiting.join_next()).await.unwrap().unwrap();
    }
}

/// It waits until its order is announced.
pub async fn an_announcement_wakes_a_follower_that_waits<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let mut follower = bell.follow(order(1));
    let mut waiting = follower.changed();
    assert!(not_yet(&mut waiting).await);
    bell.announce(&[order(2), order(1)]).await;
    soon(waiting).await;
}

/// A client follows, reads the store, and then waits: what happens meanwhile wakes it.
pub async fn an_announcement_between_following_and_waiting_is_not_missed<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let mut follower = bell.follow(order(1));
    bell.announce(&[order(1)]).await;
    soon(follower.changed()).await;
}

/// One look at the store answers all of them, and then it waits again.
pub async fn announcements_that_nobody_waited_for_are_seen_as_one<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let mut follower = bell.follow(order(1));
    for _ in 0..3 {
        bell.announce(&[order(1), order(1)]).await;
    }
    harness.settle().await;
    soon(follower.changed()).await;
    assert!(not_yet(follower.changed()).await);
    bell.announce(&[order(1)]).await;
    soon(follower.changed()).await;
}

/// A customer may watch on two devices.
pub async fn every_follower_of_an_order_is_woken<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let (mut first, mut second) = (bell.follow(order(1)), bell.follow(order(1)));
    bell.announce(&[order(1)]).await;
    soon(first.changed()).await;
    soon(second.changed()).await;
}

/// Thousands wait; only those concerned wake.
pub async fn followers_of_other_orders_are_not_woken<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let (mut concerned, mut other) = (bell.follow(order(1)), bell.follow(order(2)));
    bell.announce(&[order(1)]).await;
    soon(concerned.changed()).await;
    harness.settle().await;
    assert!(not_yet(other.changed()).await);
}

/// Following costs memory only while it lasts; announcing costs none.
pub async fn an_order_is_forgotten_with_its_last_follower<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let bell = harness.bell();
    let (first, mut second) = (bell.follow(order(1)), bell.follow(order(1)));
    assert_eq!(harness.followed(), 1);
    drop(first);
    assert_eq!(harness.followed(), 1);
    bell.announce(&[order(1), order(2)]).await;
    soon(second.changed()).await;
    drop(second);
    assert_eq!(harness.followed(), 0);
}

/// However they interleave.
pub async fn followers_that_come_and_go_together_leave_nothing_behind<H: WakeUpHarness>() {
    let harness = H::fresh().await;
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let bell = harness.bell();
        tasks.spawn(async move {
            for turn in 0..200 {
                let mut follower = bell.follow(order(turn % 3));
                bell.announce(&[order(turn % 3)]).await;
                soon(follower.changed()).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(harness.followed(), 0);
}
