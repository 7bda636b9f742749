//! There is no Redis.

use std::sync::Arc;
use std::time::Instant;

use offers_domain::audit::Pseudonym;
use offers_domain::ids::UserId;
use offers_domain::limits::{LimitKey, Quota};
use offers_domain::login_tries::{LoginTry, Network};
use offers_domain::offer::OfferSort;
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::{
    Clock, LoginTries, OfferCache, OfferFilter, OfferListQuery, OfferLookup, RateLimits, SessionCache,
    StatusCache,
};
use offers_local::{LocalLoginTries, LocalRateLimits};
use offers_redis::{RedisConnection, RedisLoginTries, RedisRateLimits, RedisSettings};
use offers_testkit::builders::{NOON, offer};
use offers_testkit::clock::FakeClock;
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_here_is_remembered_when_redis_is_lost() {
    let mut server = Redis::start();
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::at(NOON));
    let connection = RedisConnection::open(&RedisSettings::new(server.url())).unwrap();
    let near = Arc::new(LocalRateLimits::new(1000, clock.clone()));
    let near_tries = Arc::new(LocalLoginTries::new(1000, &clock));
    let limits = RedisRateLimits::new(connection.clone(), near, clock.clone());
    let tries = RedisLoginTries::new(connection, near_tries, clock);
    let login = LoginTry { name: Pseudonym(1), network: Network::of(None) };
    for _ in 0..5 {
        assert_eq!(tries.begin(&login).await, Ok(()));
    }
    server.kill();
    assert_eq!(tries.begin(&login).await, Err(Duration::SECOND));
    let takes = [(LimitKey::of_all("orders"), Quota::per_minute(2).unwrap())];
    for allowed in [true, true, false] {
        assert_eq!(limits.take(&takes).await[0].allowed, allowed, "each process counts by itself");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_lost_each_process_lets_half_of_the_logins_through() {
    let mut server = Redis::start();
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::at(NOON));
    let connection = RedisConnection::open(&RedisSettings::new(server.url())).unwrap();
    let near = Arc::new(LocalRateLimits::new(1000, clock.clone()));
    let limits = RedisRateLimits::new(connection, near, clock);
    let four = Quota::per_minute(4).unwrap();
    let from = |network: &str| [(LimitKey::of_network(LimitKey::LOGINS, network), four)];
    let passed = async |takes: &[(LimitKey, Quota)]| {
        let mut passed = 0;
        while limits.take(takes).await[0].allowed {
            passed += 1;
        }
        passed
    };
    assert_eq!(passed(&from("192.0.2.1")).await, 4, "Redis counts all of them");
    server.kill();
    assert_eq!(passed(&from("192.0.2.1")).await, 2);
    assert_eq!(passed(&from("192.0.2.2")).await, 2);
    let orders = [(LimitKey::of_user("order", UserId(7)), four)];
    assert_eq!(passed(&orders).await, 4, "what guesses nothing is not slowed down");
}
