//! Whether the servers behind the program answer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use offers_application::store_health::{Health, StoreHealth};
use offers_domain::ports::mocks::MockDependency;
use offers_domain::ports::{Dependency, Measure, StoreError};

use crate::queries::MockQueries;
use crate::stage::Stage;

/// A store that answers pings like this, one after the other, and a shared cache that does or does not.
fn health(stage: &Stage, pings: &[bool], cache: Option<bool>) -> StoreHealth {
    let mut answers: VecDeque<bool> = pings.iter().copied().collect();
    let mut queries = MockQueries::new();
    let down = || StoreError::Unavailable("down".into());
    queries.expect_ping().returning(move || answers.pop_front().unwrap().then_some(()).ok_or_else(down));
    let cache = cache.map(|answers| {
        let mut cache = MockDependency::new();
        cache.expect_answers().return_const(answers);
        Arc::new(cache) as Arc<dyn Dependency>
    });
    StoreHealth::new(Arc::new(queries), cache, stage.counter.clone())
}

#[tokio::test]
async fn a_process_does_without_the_shared_cache_but_not_without_the_store() {
    for (store, cache, expected) in [
        (true, None, Health::Good),
        (true, Some(true), Health::Good),
        (true, Some(false), Health::WithoutSharedCache),
        (false, Some(true), Health::WithoutStore),
        (false, Some(false), Health::WithoutStore),
        (false, None, Health::WithoutStore),
    ] {
        let stage = Stage::new();
        assert_eq!(health(&stage, &[store], cache).look().await, expected);
        let counted = stage.counter.measures();
        let told = |up| counted.contains(&Measure::Dependency { name: "shared_cache", up });
        assert_eq!((told(true), told(false)), (cache == Some(true), cache == Some(false)));
    }
}

#[tokio::test]
async fn one_answer_that_is_missing_is_not_yet_an_outage() {
    let stage = Stage::new();
    let health = health(&stage, &[false, true, false, false, false, true], None);
    for down in [false, false, false, true, true, false] {
        health.look().await;
        assert_eq!(health.store_is_down(), down);
        assert_eq!(stage.counter.measures().last(), Some(&Measure::Dependency { name: "store", up: !down }));
    }
}

#[tokio::test]
async fn a_store_that_has_its_hands_full_is_not_away() {
    let (stage, mut queries) = (Stage::new(), MockQueries::new());
    queries.expect_ping().returning(|| Err(StoreError::Overloaded("all readers are busy".into())));
    let health = StoreHealth::new(Arc::new(queries), None, stage.counter.clone());
    for _ in 0..3 {
        assert_eq!(health.look().await, Health::Good);
    }
    assert!(!health.store_is_down());
}

/// A shared cache that takes its time, and counts who asks.
#[derive(Default)]
struct Slow(AtomicUsize);

#[async_trait]
impl Dependency for Slow {
    async fn answers(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_looks_at_once_asks_once_for_those_before_and_once_for_the_rest() {
    let (stage, mut queries, cache) = (Stage::new(), MockQueries::new(), Arc::new(Slow::default()));
    queries.expect_ping().times(2).returning(|| Ok(()));
    let health = StoreHealth::new(Arc::new(queries), Some(cache.clone()), stage.counter.clone());
    let seen = join_all((0..1000).map(|_| health.look())).await;
    assert!(seen.iter().all(|seen| *seen == Health::Good));
    assert_eq!(cache.0.load(Ordering::Relaxed), 2);
}
