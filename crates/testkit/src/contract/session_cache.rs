//! What every cache of sessions must do.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::SessionCache;
use offers_domain::session::{Session, SessionPolicy};
use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::builders::NOON;

/// This text, for the test that every case is listed.
pub const SOURCE: &str = include_str!("session_cache.rs");

/// A cache under test.
#[async_trait]
pub trait SessionCacheHarness: Sized + Send + Sync {
    /// A new, empty cache, whose entries outlive the test.
    async fn fresh() -> Self;

    /// The cache.
    fn cache(&self) -> Arc<dyn SessionCache>;
}

/// Runs the suite against a [`SessionCacheHarness`], one test for each case.
#[macro_export]
macro_rules! session_cache_contract {
    ($harness:ty) => {
        $crate::contract_tests! { session_cache, $harness:
            an_unknown_session_is_not_found,
            a_session_is_found_as_it_was_put,
            a_revoked_session_replaces_a_live_one,
            a_live_session_never_replaces_a_revoked_one,
            a_revocation_among_concurrent_writes_wins,
        }
    };
}

fn live(id: u128) -> Session {
    Session::begin(SessionId(Uuid::from_u128(id)), UserId(7), &SessionPolicy::default(), NOON)
}

fn revoked(id: u128) -> Session {
    Session { revoked_at: Some(NOON + Duration::milliseconds(1)), ..live(id) }
}

/// Nothing is known of a session that was never put.
pub async fn an_unknown_session_is_not_found<H: SessionCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(live(1)).await;
    assert_eq!(harness.cache().get(live(2).id).await, None);
}

/// Every field survives.
pub async fn a_session_is_found_as_it_was_put<H: SessionCacheHarness>() {
    let harness = H::fresh().await;
    for session in [live(1), revoked(2)] {
        harness.cache().put(session).await;
        assert_eq!(harness.cache().get(session.id).await, Some(session));
    }
}

/// A logout is seen by the next request.
pub async fn a_revoked_session_replaces_a_live_one<H: SessionCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(live(1)).await;
    harness.cache().put(revoked(1)).await;
    assert_eq!(harness.cache().get(live(1).id).await, Some(revoked(1)));
}

/// A request that read the store before a logout, and writes after it, changes nothing.
pub async fn a_live_session_never_replaces_a_revoked_one<H: SessionCacheHarness>() {
    let harness = H::fresh().await;
    harness.cache().put(revoked(1)).await;
    harness.cache().put(live(1)).await;
    assert_eq!(harness.cache().get(live(1).id).await, Some(revoked(1)));
}

/// The same, with everybody at once.
pub async fn a_revocation_among_concurrent_writes_wins<H: SessionCacheHarness>() {
    let harness = H::fresh().await;
    let mut tasks = JoinSet::new();
    for writer in 0..4 {
        let cache = harness.cache();
        tasks.spawn(async move {
            for id in 0..50 {
                cache.put(live(id)).await;
                if writer == 0 {
                    cache.put(revoked(id)).await;
                    assert_eq!(cache.get(live(id).id).await, Some(revoked(id)));
                }
            }
        });
    }
    tasks.join_all().await;
    for id in 0..50 {
        assert_eq!(harness.cache().get(live(id).id).await, Some(revoked(id)));
    }
}
