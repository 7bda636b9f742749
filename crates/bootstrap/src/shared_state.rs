//! What processes share beside the store: caches and bells. Redis where there is one, PostgreSQL's own signals where there
//! is none, and this process alone on the embedded store.

use std::sync::Arc;

use offers_domain::ports::{
    Clock, IdSource, LoginTries, OfferCache, RateLimits, SessionCache, StatusCache, WakeUp,
};
use offers_domain::session::SessionPolicy;
use offers_local::{
    LocalBell, LocalLoginTries, LocalOfferCache, LocalRateLimits, LocalSessionCache, LocalStatusCache,
    NoCache, RelayedBell,
};
use offers_postgres::{PgListener, PgRelay};
use offers_redis::{
    RedisConnection, RedisListener, RedisLoginTries, RedisOfferCache, RedisRateLimits, RedisRelay,
    RedisSessionCache, RedisSettings, RedisStatusCache,
};
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::backend::Backend;
use crate::settings::Settings;

/// Statuses and sessions that are kept near, at most.
const CACHED: u64 = 100_000;
/// Pages of offers that are kept near, at most.
const OFFER_PAGES: u64 = 500;
/// How long a status that is not final may be served from a cache.
const FRESH_FOR: time::Duration = time::Duration::seconds(5);

/// The caches and the bell of one process.
#[derive(Clone)]
pub(crate) struct SharedState {
    pub(crate) statuses: Arc<dyn StatusCache>,
    pub(crate) sessions: Arc<dyn SessionCache>,
    pub(crate) offers: Arc<dyn OfferCache>,
    pub(crate) wake_up: Arc<dyn WakeUp>,
    /// Counts for this process alone.
    pub(crate) near_limits: Arc<dyn RateLimits>,
    pub(crate) limits: Arc<dyn RateLimits>,
    pub(crate) login_tries: Arc<dyn LoginTries>,
}

/// Hears other processes; must run for as long as the process serves.
pub(crate) enum Listener {
    /// There are no other processes.
    Nobody,
    /// Through Redis.
    Redis(RedisListener),
    /// Through PostgreSQL.
    Postgres(Box<PgListener>),
}

impl Listener {
    /// Listens until the stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        match self {
            Self::Nobody => {}
            Self::Redis(listener) => listener.run(stop.cancelled_owned()).await,
            Self::Postgres(listener) => listener.run(stop.cancelled_owned()).await,
        }
    }
}

impl SharedState {
    /// Chooses by what the settings name.
    pub(crate) fn choose(
        settings: &Settings,
        backend: &Backend,
        clock: &Arc<dyn Clock>,
        ids: &dyn IdSource,
    ) -> Result<(Self, Listener), StartError> {
        let near = Arc::new(LocalBell::default());
        let limits: Arc<dyn RateLimits> = Arc::new(LocalRateLimits::new(CACHED, clock.clone()));
        let local = Self {
            statuses: Arc::new(LocalStatusCache::new(CACHED, FRESH_FOR, clock.clone())),
            sessions: Arc::new(LocalSessionCache::new(
                CACHED,
                SessionPolicy::default().access,
                clock.clone(),
            )),
            offers: Arc::new(LocalOfferCache::new(OFFER_PAGES, clock.clone())),
            wake_up: near.clone(),
            near_limits: limits.clone(),
            limits,
            login_tries: Arc::new(LocalLoginTries::new(CACHED, clock)),
        };
        let name = ids.random_uuid();
        match (&settings.redis_url, backend) {
            (Some(url), _) => {
                let connection = RedisConnection::open(&RedisSettings::new(url.clone()))
                    .map_err(|error| StartError::Setting(format!("redis_url (REDIS_URL): {error}")))?;
                let listener = RedisListener::new(connection.clone(), name, near.clone());
                let relay = Arc::new(RedisRelay::new(connection.clone(), name));
                let wake_up = RelayedBell::new(near, relay);
                Ok((local.on_redis(connection, clock, wake_up), Listener::Redis(listener)))
            }
            (None, Backend::Postgres(store, postgres)) => {
                let listener = PgListener::new(postgres, name, near.clone())
                    .map_err(|error| StartError::Store(error.to_string()))?;
                let wake_up = Arc::new(RelayedBell::new(near, Arc::new(PgRelay::new(store, name))));
                // Another process may revoke a session or change an offer, and without a shared cache only the store
                // knows.
                let state = Self { sessions: Arc::new(NoCache), offers: Arc::new(NoCache), wake_up, ..local };
                Ok((state, Listener::Postgres(Box::new(listener))))
            }
            (None, Backend::Sqlite(_)) => Ok((local, Listener::Nobody)),
        }
    }

    fn on_redis(self, connection: RedisConnection, clock: &Arc<dyn Clock>, wake_up: RelayedBell) -> Self {
        let access = SessionPolicy::default().access;
        Self {
            statuses: Arc::new(RedisStatusCache::new(connection.clone(), FRESH_FOR)),
            sessions: Arc::new(RedisSessionCache::new(connection.clone(), access, clock.clone())),
            offers: Arc::new(RedisOfferCache::new(connection.clone(), clock.clone())),
            wake_up: Arc::new(wake_up),
            limits: Arc::new(RedisRateLimits::new(connection.clone(), self.limits, clock.clone())),
            login_tries: Arc::new(RedisLoginTries::new(connection, self.login_tries, clock.clone())),
            near_limits: self.near_limits,
        }
    }
}
