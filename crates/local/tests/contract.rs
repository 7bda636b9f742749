//! The contracts of the ports that this crate implements.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ports::{Clock, LoginTries, OfferCache, RateLimits, SessionCache, StatusCache, WakeUp};
use offers_local::{
    LocalBell, LocalLoginTries, LocalOfferCache, LocalRateLimits, LocalSessionCache, LocalStatusCache,
};
use offers_testkit::builders::NOON;
use offers_testkit::clock::FakeClock;
use offers_testkit::contract::offer_cache::OfferCacheHarness;
use offers_testkit::contract::rate_limits::RateLimitsHarness;
use offers_testkit::contract::session_cache::SessionCacheHarness;
use offers_testkit::contract::status_cache::StatusCacheHarness;
use offers_testkit::contract::wake_up::WakeUpHarness;
use time::{Duration, OffsetDateTime};

const CAPACITY: u64 = 1000;
const FRESH_FOR: Duration = Duration::seconds(5);

struct Statuses {
    cache: Arc<LocalStatusCache>,
    clock: Arc<FakeClock>,
}

#[async_trait]
impl StatusCacheHarness for Statuses {
    async fn fresh() -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        Self { cache: Arc::new(LocalStatusCache::new(CAPACITY, FRESH_FOR, clock.clone())), clock }
    }

    fn cache(&self) -> Arc<dyn StatusCache> {
        self.cache.clone()
    }

    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    fn fresh_for(&self) -> Duration {
        FRESH_FOR
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

struct Sessions(Arc<LocalSessionCache>);

#[async_trait]
impl SessionCacheHarness for Sessions {
    async fn fresh() -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        Self(Arc::new(LocalSessionCache::new(CAPACITY, Duration::minutes(10), clock)))
    }

    fn cache(&self) -> Arc<dyn SessionCache> {
        self.0.clone()
    }
}

struct Offers(Arc<LocalOfferCache>);

#[async_trait]
impl OfferCacheHarness for Offers {
    async fn fresh() -> Self {
        Self(Arc::new(LocalOfferCache::new(CAPACITY, Duration::minutes(5), Arc::new(FakeClock::at(NOON)))))
    }

    fn cache(&self) -> Arc<dyn OfferCache> {
        self.0.clone()
    }
}

struct Bell(Arc<LocalBell>);

#[async_trait]
impl WakeUpHarness for Bell {
    async fn fresh() -> Self {
        Self(Arc::default())
    }

    fn bell(&self) -> Arc<dyn WakeUp> {
        self.0.clone()
    }

    fn followed(&self) -> usize {
        self.0.followed()
    }

    async fn settle(&self) {}
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

mod bell {
    offers_testkit::wake_up_contract!(super::Bell);
}

struct Counters {
    limits: Arc<LocalRateLimits>,
    tries: Arc<LocalLoginTries>,
    clock: Arc<FakeClock>,
}

#[async_trait]
impl RateLimitsHarness for Counters {
    async fn fresh() -> Self {
        let clock = Arc::new(FakeClock::at(NOON));
        let shared: Arc<dyn Clock> = clock.clone();
        let tries = Arc::new(LocalLoginTries::new(CAPACITY, &shared));
        Self { limits: Arc::new(LocalRateLimits::new(CAPACITY, shared)), tries, clock }
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
