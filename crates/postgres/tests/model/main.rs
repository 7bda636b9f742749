//! Two stores, one story: whatever happens in whatever order, both give the same answers and the same books.

#![cfg(test)]

mod partners;
mod shop;
mod story;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use offers_postgres::{PgSettings, PgStore};
use offers_sqlite::SqliteStore;
use offers_testkit::builders::NOON;
use offers_testkit::clock::FakeClock;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::shop::Shop;
use crate::story::{Step, step};

const CASES: u32 = 64;
const STEPS: usize = 40;

/// How many orders the story has led to, and how many of them partners have placed.
async fn told_to_both(story: Vec<Step>) -> Result<(u64, u64), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offers.db");
    offers_sqlite::migrate(&file).unwrap();
    let file = SqliteStore::open(&file, Arc::new(FakeClock::at(NOON))).unwrap();
    let database = support::fresh().await;
    let server = PgStore::connect(&PgSettings::new(database.url())).await.unwrap();
    let mut file = Shop::open(Arc::new(file.clone()), Arc::new(file)).await;
    let mut server = Shop::open(Arc::new(server.clone()), Arc::new(server)).await;
    for step in story {
        let (here, there) = tokio::join!(file.live(&step), server.live(&step));
        prop_assert_eq!(here, there, "after {:?}", step);
    }
    let sold = file.sales;
    let (here, there) = tokio::join!(file.books(), server.books());
    prop_assert_eq!(&here, &there);
    prop_assert!(here.differences.is_empty(), "{:?}", here);
    Ok((here.transactions, sold))
}

#[test]
fn both_stores_tell_the_same_story() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let stories = prop::collection::vec(step(), STEPS);
    let (orders, sales) = (AtomicU64::new(0), AtomicU64::new(0));
    let told = runner.run(&stories, |story| {
        let (ordered, sold) = runtime.block_on(told_to_both(story))?;
        orders.fetch_add(ordered, Ordering::Relaxed);
        sales.fetch_add(sold, Ordering::Relaxed);
        Ok(())
    });
    told.unwrap();
    let (orders, sales) = (orders.into_inner(), sales.into_inner());
    assert!(orders > 500, "the stories order hardly anything: {orders}");
    assert!(sales > 100, "partners sell hardly anything: {sales}");
}
