//! There is no Redis.

use std::time::Instant;

use offers_domain::offer::OfferSort;
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::{OfferCache, OfferFilter, OfferListQuery, OfferLookup, SessionCache, StatusCache};
use offers_redis::{RedisConnection, RedisSettings};
use offers_testkit::builders::offer;
use offers_testkit::servers::Redis;
use time::Duration;

use crate::stage::{ORDER, UNTIL_LEFT_ALONE, live, now, patient, process, signal, success};

fn all_offers() -> OfferListQuery {
    OfferListQuery {
        filter: OfferFilter::default(),
        sort: OfferSort::Id,
        page: PageRequest { limit: PageLimit::default(), after: None },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_be_down_when_the_program_starts_and_come_later() {
    let mut server = Redis::start();
    server.kill();
    let process = process(&server, Duration::SECOND);
    let began = Instant::now();
    for _ in 0..50 {
        process.statuses.put(&[success(ORDER)], now()).await;
        assert_eq!(process.statuses.get(ORDER).await, None);
        process.sessions.put(live(1)).await;
        assert_eq!(process.sessions.get(live(1).id).await, None);
        process.offers.clear().await;
        assert_eq!(process.offers.get(&all_offers()).await, OfferLookup::Missing(None));
    }
    assert!(began.elapsed() < UNTIL_LEFT_ALONE, "{:?}", began.elapsed());
    server.resume();
    process.recovers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_killed_is_used_again_when_it_is_back() {
    let mut server = Redis::start();
    let process = process(&server, Duration::SECOND);
    process.recovers().await;
    server.kill();
    let began = Instant::now();
    for _ in 0..50 {
        assert_eq!(process.statuses.get(success(ORDER).transaction).await, None);
        process.statuses.put(&[success(ORDER)], now()).await;
    }
    assert!(began.elapsed() < UNTIL_LEFT_ALONE, "{:?}", began.elapsed());
    server.resume();
    process.recovers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_catalogue_that_could_not_be_announced_is_announced_before_a_page_is_believed() {
    let server = Redis::start();
    let (here, elsewhere) = (process(&server, Duration::SECOND), patient(&server, Duration::SECOND));
    here.recovers().await;
    let page = Page { items: vec![offer(1, 100)], has_more: false };
    let OfferLookup::Missing(Some(edition)) = elsewhere.offers.get(&all_offers()).await else {
        panic!("found")
    };
    elsewhere.offers.put(&all_offers(), &page, edition).await;
    assert_eq!(elsewhere.offers.get(&all_offers()).await, OfferLookup::Found(page));

    signal(&server, "-STOP");
    for _ in 0..5 {
        here.statuses.get(ORDER).await;
    }
    here.offers.clear().await;
    signal(&server, "-CONT");
    here.recovers().await;
    let OfferLookup::Missing(Some(_)) = here.offers.get(&all_offers()).await else { panic!("believed") };
    let OfferLookup::Missing(Some(_)) = elsewhere.offers.get(&all_offers()).await else { panic!("believed") };
}

#[tokio::test]
async fn only_a_malformed_address_is_refused_at_the_start() {
    for good in ["redis://127.0.0.1:1", "rediss://user:secret@cache.example:6380/2"] {
        assert!(RedisConnection::open(&RedisSettings::new(good)).is_ok(), "{good}");
    }
    for bad in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://127.0.0.1:port"] {
        assert!(RedisConnection::open(&RedisSettings::new(bad)).is_err(), "{bad}");
    }
    let shown = format!("{:?}", RedisSettings::new("redis://user:secret@cache.example"));
    assert!(!shown.contains("secret@"), "{shown}");
}
