//! The contract of counting requests and tries.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::audit::Pseudonym;
use offers_domain::ids::UserId;
use offers_domain::limits::{LimitKey, Quota, Verdict};
use offers_domain::login_tries::{LoginTry, Network};
use offers_domain::ports::{LoginTries, RateLimits};
use time::Duration;
use tokio::task::JoinSet;

use crate::clock::FakeClock;

/// This suite's text, for the test that no case is forgotten.
pub const SOURCE: &str = include_str!("rate_limits.rs");

/// Makes counters for the contract's cases.
#[async_trait]
pub trait RateLimitsHarness: Send + Sync + Sized {
    /// Counters that have counted nothing, by a clock that stands still.
    async fn fresh() -> Self;

    /// Counts requests.
    fn limits(&self) -> Arc<dyn RateLimits>;

    /// Counts tries of passwords.
    fn tries(&self) -> Arc<dyn LoginTries>;

    /// Their clock.
    fn clock(&self) -> Arc<FakeClock>;
}

/// Three in thirty seconds.
fn quota() -> Quota {
    Quota { amount: NonZeroU32::new(3).unwrap(), window: Duration::seconds(30) }
}

fn key(user: i64) -> LimitKey {
    LimitKey::of_user("read", UserId(user))
}

async fn take<H: RateLimitsHarness>(harness: &H, user: i64) -> Verdict {
    harness.limits().take(&[(key(user), quota())]).await.remove(0)
}

fn login(name: u128, address: &str) -> LoginTry {
    LoginTry { name: Pseudonym(name), network: Network::of(address.parse::<IpAddr>().ok()) }
}

/// So many tries in a row that pass.
async fn fail<H: RateLimitsHarness>(harness: &H, login: &LoginTry, times: u32) {
    for _ in 0..times {
        assert_eq!(harness.tries().begin(login).await, Ok(()));
    }
}

/// A quota is given at once, refused when it is spent, and comes back evenly.
pub async fn a_quota_is_given_at_once_and_comes_back_evenly<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    let seconds = Duration::seconds;
    let verdict = |allowed, remaining, reset, retry_after| Verdict {
        allowed,
        remaining,
        reset: seconds(reset),
        retry_after: seconds(retry_after),
    };
    assert_eq!(take(&harness, 1).await, verdict(true, 2, 10, 0));
    assert_eq!(take(&harness, 1).await, verdict(true, 1, 20, 0));
    assert_eq!(take(&harness, 1).await, verdict(true, 0, 30, 10));
    assert_eq!(take(&harness, 1).await, verdict(false, 0, 30, 10));
    harness.clock().advance(seconds(9));
    assert_eq!(take(&harness, 1).await, verdict(false, 0, 21, 1));
    harness.clock().advance(seconds(1));
    assert_eq!(take(&harness, 1).await, verdict(true, 0, 30, 10));
}

/// What one spends is no other's.
pub async fn keys_are_counted_apart<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    for _ in 0..3 {
        assert!(take(&harness, 1).await.allowed);
    }
    assert!(!take(&harness, 1).await.allowed);
    assert!(take(&harness, 2).await.allowed);
    let both = harness.limits().take(&[(key(1), quota()), (key(2), quota())]).await;
    assert_eq!(both.iter().map(|verdict| verdict.allowed).collect::<Vec<_>>(), [false, true]);
    assert_eq!(harness.limits().take(&[]).await, []);
}

/// Of many at once as many pass as there are.
pub async fn no_more_pass_at_once_than_there_are<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let limits = harness.limits();
        tasks.spawn(async move { limits.take(&[(key(1), quota())]).await.remove(0) });
    }
    let verdicts = tasks.join_all().await;
    assert_eq!(verdicts.iter().filter(|verdict| verdict.allowed).count(), 3);
}

/// Five tries are free, then each costs twice the time.
pub async fn tries_in_a_row_cost_more_and_more_time<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    let anna = login(1, "192.0.2.1");
    fail(&harness, &anna, 5).await;
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let wait = Duration::seconds(seconds);
        assert_eq!(harness.tries().begin(&anna).await, Err(wait));
        harness.clock().advance(wait);
        fail(&harness, &anna, 1).await;
    }
}

/// A stranger slows down one name for one network.
pub async fn neither_another_name_nor_another_network_waits<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    fail(&harness, &login(1, "192.0.2.1"), 5).await;
    assert!(harness.tries().begin(&login(1, "192.0.2.200")).await.is_err(), "the same network");
    fail(&harness, &login(1, "198.51.100.1"), 1).await;
    fail(&harness, &login(2, "192.0.2.1"), 1).await;
}

/// The right password forgives what was tried before.
pub async fn a_success_ends_the_row<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    let anna = login(1, "192.0.2.1");
    fail(&harness, &anna, 4).await;
    harness.tries().succeeded(&anna).await;
    fail(&harness, &anna, 5).await;
    assert!(harness.tries().begin(&anna).await.is_err());
}

/// A hundred tries from everywhere cool an account off, but not for a network that it was used from.
pub async fn an_account_cools_off_for_strangers_alone<H: RateLimitsHarness>() {
    let harness = H::fresh().await;
    let home = login(1, "192.0.2.1");
    harness.tries().succeeded(&home).await;
    for network in 0..100 {
        fail(&harness, &login(1, &format!("198.51.{network}.1")), 1).await;
    }
    let stranger = login(1, "203.0.113.1");
    assert_eq!(harness.tries().begin(&stranger).await, Err(Duration::minutes(15)));
    fail(&harness, &home, 1).await;
    harness.clock().advance(Duration::minutes(15));
    fail(&harness, &stranger, 1).await;
}

/// Runs the contract of [`RateLimits`] and [`LoginTries`]: one test for each case.
#[macro_export]
macro_rules! rate_limits_contract {
    ($harness:ty) => {
        $crate::contract_tests! { rate_limits, $harness:
            a_quota_is_given_at_once_and_comes_back_evenly,
            keys_are_counted_apart,
            no_more_pass_at_once_than_there_are,
            tries_in_a_row_cost_more_and_more_time,
            neither_another_name_nor_another_network_waits,
            a_success_ends_the_row,
            an_account_cools_off_for_strangers_alone,
        }
    };
}
