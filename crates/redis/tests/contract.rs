//! The contracts of the ports that this crate implements, over a real Redis.

#![cfg(test)]

mod support;

use std::sync::{Arc, OnceLock};
use std::time::Duration as Span;

use async_trait::async_trait;
use offers_domain::audit::Pseudonym;
use offers_domain::ids::TransactionId;
use offers_domain::limits::{LimitKey, Quota};
use offers_domain::login_tries::{LoginTry, Network};
use offers_domain::ports::{
    Clock, Follow, LoginTries, OfferCache, RateLimits, SessionCache, StatusCache, WakeUp,
};
use offers_local::{LocalLoginTries, LocalRateLimits, RelayedBell};
use offers_redis::{
    RedisConnection, RedisLoginTries, RedisOfferCache, RedisRateLimits, RedisSessionCache, RedisSettings,
    RedisStatusCache,
};
use offers_testkit::builders::NOON;
use offers_testkit::clock::FakeClock;
use offers_testkit::contract::offer_cache::OfferCacheHarness;
use offers_testkit::contract::rate_limits::RateLimitsHarness;
use offers_testkit::contract::session_cache::SessionCacheHarness;
use offers_testkit::contract::status_cache::StatusCacheHarness;
use offers_testkit::contract::wake_up::WakeUpHarness;
use offers_testkit::servers::{REDIS_URL, Redis};
use support::{Process, WallClock};
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

/// Long enough for a busy machine, short enough to wait for.
const FRESH_FOR: Duration = Duration::seconds(1);

/// A place of its own on the server of this test run.
#[expect(clippy::disallowed_methods, reason = "a test's keys are its own")]
fn settings() -> RedisSettings {
    static OWN: OnceLock<Redis> = OnceLock::new();
    let url = std::env::var(REDIS_URL).unwrap_or_else(|_| OWN.get_or_init(Redis::start).url());
    // A contract is not about time: a busy machine must not look like a Redis that is down.
    RedisSettings {
        prefix: format!("{}:", Uuid::new_v4().simple()),
        deadline: Span::from_secs(5),
        ..RedisSettings::new(url)
    }
}

fn connection() -> RedisConnection {
    RedisConnection::open(&settings()).unwrap()
}

struct Statuses(Arc<RedisStatusCache>);

#[async_trait]
impl StatusCacheHarness for Statuses {
    async fn fresh() -> Self {
        Self(Arc::new(RedisStatusCache::new(connection(), FRESH_FOR)))
    }

    fn cache(&self) -> Arc<dyn StatusCache> {
        self.0.clone()
    }

    fn now(&self) -> OffsetDateTime {
        WallClock.now()
    }

    fn fresh_for(&self) -> Duration {
        FRESH_FOR
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time.unsigned_abs()).await;
    }
}

struct Sessions(Arc<RedisSessionCache>);

#[async_trait]
impl SessionCacheHarness for Sessions {
    async fn fresh() -> Self {
        let cache = RedisSessionCache::new(connection(), Duration::minutes(10), Arc::new(WallClock));
        Self(Arc::new(cache))
    }

    fn cache(&self) -> Arc<dyn SessionCache> {
        self.0.clone()
    }
}

struct Offers(Arc<RedisOfferCache>);

#[async_trait]
impl OfferCacheHarness for Offers {
    async fn fresh() -> Self {
        Self(Arc::new(RedisOfferCache::new(connection(), Arc::new(WallClock))))
    }

    fn cache(&self) -> Arc<dyn OfferCache> {
        self.0.clone()
    }
}

/// One process rings and announces, another waits and follows: the same object twice, or two that share a Redis.
struct Pair {
    ringing: Arc<RelayedBell>,
    waiting: Arc<RelayedBell>,
}

#[async_trait]
impl WakeUp for Pair {
    async fn ring(&self) {
        self.ringing.ring().await;
    }

    async fn wait_for_work(&self) {
        self.waiting.wait_for_work().await;
    }

    async fn announce(&self, ids: &[TransactionId]) {
        self.ringing.announce(ids).await;
    }

    fn follow(&self, id: TransactionId) -> Box<dyn Follow> {
        self.waiting.follow(id)
    }
}

struct Bells {
    pair: Arc<Pair>,
    _listeners: JoinSet<()>,
}

impl Bells {
    async fn listening(settings: &RedisSettings, two: bool) -> Self {
        let mut listeners = JoinSet::new();
        let mut process = || {
            let Process { bell, listener } = Process::start(settings);
            listeners.spawn(listener.run(std::future::pending()));
            bell
        };
        let ringing = process();
        let waiting = if two { process() } else { ringing.clone() };
        let bells = Self { pair: Arc::new(Pair { ringing, waiting }), _listeners: listeners };
        // A third process is heard as soon as the waiting one listens.
        bells.hear(&Process::start(settings).bell).await;
        // A listener that begins rings once, because something may have been missed.
        timeout(Span::from_secs(10), bells.pair.wait_for_work()).await.unwrap();
        bells
    }

    /// Returns once what `bell` announces is heard: Redis keeps the order in which it was told.
    async fn hear(&self, bell: &RelayedBell) {
        let mark = TransactionId(Uuid::from_u128(u128::MAX));
        let mut follower = self.pair.waiting.follow(mark);
        for _ in 0..500 {
            bell.announce(&[mark]).await;
            if timeout(Span::from_millis(20), follower.changed()).await.is_ok() {
                return;
            }
        }
        panic!("nothing is heard");
    }
}

struct OneProcess(Bells);

#[async_trait]
impl WakeUpHarness for OneProcess {
    async fn fresh() -> Self {
        Self(Bells::listening(&settings(), false).await)
    }

    fn bell(&self) -> Arc<dyn WakeUp> {
        self.0.pair.clone()
    }

    fn followed(&self) -> usize {
        self.0.pair.waiting.followed()
    }

    async fn settle(&self) {
        self.0.hear(&self.0.pair.ringing).await;
    }
}

struct TwoProcesses(Bells);

#[async_trait]
impl WakeUpHarness for TwoProcesses {
    async fn fresh() -> Self {
        Self(Bells::listening(&settings(), true).await)
    }

    fn bell(&self) -> Arc<dyn WakeUp> {
        self.0.pair.clone()
    }

    fn followed(&self) -> usize {
        self.0.pair.waiting.followed()
    }

    async fn settle(&self) {
        self.0.hear(&self.0.pair.ringing).await;
    }
}

mod statuses {
    offers_testkit::status_cache_contract!(super::Statuses);
}

mod sessions {
    offers_testkit::session_cache_contract!(super::Sessions);
}

mod offers {
    offers_testkit::offer_cache_contract!(super::Offers);
}

mod bell_in_one_process {
    offers_testkit::wake_up_contract!(super::OneProcess);
}

mod bell_between_two_processes {
    offers_testkit::wake_up_contract!(super::TwoProcesses);
}

struct Counters {
    limits: Arc<RedisRateLimits>,
    tries: Arc<RedisLoginTries>,
    clock: Arc<FakeClock>,
}

#[async_trait]
impl RateLimitsHarness for Counters {
    async fn fresh() -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        let shared: Arc<dyn Clock> = clock.clone();
        let connection = connection();
        let near = Arc::new(LocalRateLimits::new(1000, shared.clone()));
        let near_tries = Arc::new(LocalLoginTries::new(1000, &shared));
        Self {
            limits: Arc::new(RedisRateLimits::new(connection.clone(), near, shared.clone())),
            tries: Arc::new(RedisLoginTries::new(connection, near_tries, shared)),
            clock,
        }
    }

    fn limits(&self) -> Arc<dyn RateLimits> {
        self.limits.clone()
    }

    fn tries(&self) -> Arc<dyn LoginTries> {
        self.tries.clone()
    }

    fn clock(&self) -> Arc<FakeClock> {
        self.clock.clone()
    }
}

mod counters {
    offers_testkit::rate_limits_contract!(super::Counters);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_count_together() {
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::at(NOON));
    let settings = settings();
    let processes = [0, 1].map(|_| {
        let connection = RedisConnection::open(&settings).unwrap();
        let near = Arc::new(LocalRateLimits::new(1000, clock.clone()));
        let near_tries = Arc::new(LocalLoginTries::new(1000, &clock));
        (
            RedisRateLimits::new(connection.clone(), near, clock.clone()),
            RedisLoginTries::new(connection, near_tries, clock.clone()),
        )
    });
    let quota = Quota::per_minute(2).unwrap();
    let login = LoginTry { name: Pseudonym(1), network: Network::of(None) };
    let mut allowed = Vec::new();
    for number in 0..6 {
        let (limits, tries) = &processes[number % 2];
        let verdict = limits.take(&[(LimitKey::of_all("orders"), quota)]).await.remove(0);
        allowed.push((verdict.allowed, tries.begin(&login).await.is_ok()));
    }
    let quota = [true, true, false, false, false, false];
    let tries = [true, true, true, true, true, false];
    assert_eq!(allowed, quota.into_iter().zip(tries).collect::<Vec<_>>());
}
