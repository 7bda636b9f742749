//! What processes share beside the store: caches and bells. Redis where there is one, PostgreSQL's own signals where there
//! is none, and this process alone on the embedded store. What processes share is also kept near, in each of them.

use std::sync::Arc;

use offers_domain::ports::{
    Clock, Dependency, Followers, IdSource, LastKnown, Levels, LoginTries, OfferCache, RateLimits,
    SessionCache, SignalRelay, StatusCache, WakeUp,
};
use offers_domain::session::SessionPolicy;
use offers_local::{
    LocalBell, LocalLastKnown, LocalLoginTries, LocalOfferCache, LocalRateLimits, LocalSessionCache,
    LocalStatusCache, NearOffers, NearSessions, NearStatuses, NoCache, RelayedBell, Sinks,
};
use offers_postgres::{PgListener, PgRelay};
use offers_redis::{
    RedisConnection, RedisListener, RedisLoginTries, RedisOfferCache, RedisRateLimits, RedisRelay,
    RedisSessionCache, RedisSettings, RedisStatusCache,
};

use crate::StartError;
use crate::backend::Backend;
use crate::settings::Settings;

/// Statuses and sessions that are kept in this process, at most.
const CACHED: usize = 20_000;
/// Pages of offers that are kept in this process, at most.
const OFFER_PAGES: usize = 500;
/// How long a page of offers may be served from a cache.
const PAGE_STAYS: time::Duration = time::Duration::minutes(5);
/// How long a status that is not final may be served from caches.
const FRESH_FOR: time::Duration = time::Duration::seconds(5);
/// The part of it for which it may be served without asking the cache that processes share.
const NEAR_FOR: time::Duration = time::Duration::seconds(1);

/// The caches and the bell of one process.
#[derive(Clone)]
pub(crate) struct SharedState {
    pub(crate) statuses: Arc<dyn StatusCache>,
    pub(crate) sessions: Arc<dyn SessionCache>,
    pub(crate) offers: Arc<dyn OfferCache>,
    /// For when the store does not answer.
    pub(crate) last_known: Arc<dyn LastKnown>,
    pub(crate) wake_up: Arc<dyn WakeUp>,
    /// The clients of this process who follow orders.
    pub(crate) followers: Arc<dyn Followers>,
    /// Counts for this process alone.
    pub(crate) near_limits: Arc<dyn RateLimits>,
    pub(crate) limits: Arc<dyn RateLimits>,
    pub(crate) login_tries: Arc<dyn LoginTries>,
    /// The server that all processes share beside the store, if there is one.
    pub(crate) server: Option<Arc<dyn Dependency>>,
    /// What can be read off it at any moment.
    pub(crate) levels: Option<Arc<dyn Levels>>,
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
    /// Listens for ever.
    pub(crate) async fn run(self) {
        match self {
            Self::Nobody => {}
            Self::Redis(listener) => listener.run(std::future::pending()).await,
            Self::Postgres(listener) => listener.run(std::future::pending()).await,
        }
    }
}

/// What other processes see, too.
struct Far {
    statuses: Arc<dyn StatusCache>,
    sessions: Arc<dyn SessionCache>,
    offers: Arc<dyn OfferCache>,
    counts: Counts,
    relay: Arc<dyn SignalRelay>,
}

/// What is counted of callers.
struct Counts {
    near_limits: Arc<dyn RateLimits>,
    limits: Arc<dyn RateLimits>,
    login_tries: Arc<dyn LoginTries>,
}

impl Counts {
    /// Of this process alone.
    fn alone(clock: &Arc<dyn Clock>) -> Self {
        let limits: Arc<dyn RateLimits> = Arc::new(LocalRateLimits::new(CACHED, clock.clone()));
        let login_tries = Arc::new(LocalLoginTries::new(CACHED, clock));
        Self { near_limits: limits.clone(), limits, login_tries }
    }

    /// Of all processes, or of this one where Redis is away.
    fn on_redis(connection: &RedisConnection, clock: &Arc<dyn Clock>) -> Self {
        let Self { near_limits, limits, login_tries } = Self::alone(clock);
        let limits = Arc::new(RedisRateLimits::new(connection.clone(), limits, clock.clone()));
        let login_tries = Arc::new(RedisLoginTries::new(connection.clone(), login_tries, clock.clone()));
        Self { near_limits, limits, login_tries }
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
        let name = ids.random_uuid();
        match (&settings.redis_url, backend) {
            (Some(url), _) => {
                let redis = RedisSettings {
                    prefix: settings.redis.prefix.clone(),
                    ..RedisSettings::new(url.clone())
                };
                let connection = RedisConnection::open(&redis)
                    .map_err(|error| StartError::Setting(format!("redis_url (REDIS_URL): {error}")))?;
                let (state, sinks) = Self::near(
                    Far::on_redis(&connection, RedisRelay::new(connection.clone(), name), clock),
                    clock,
                );
                let server = Arc::new(connection.clone());
                let state = Self { levels: Some(server.clone()), server: Some(server), ..state };
                Ok((state, Listener::Redis(RedisListener::new(connection, name, sinks))))
            }
            (None, Backend::Postgres(store, postgres)) => {
                let (state, sinks) = Self::near(Far::on_postgres(PgRelay::new(store, name), clock), clock);
                let listener = PgListener::new(postgres, name, sinks)
                    .map_err(|error| StartError::Store(error.to_string()))?;
                Ok((state, Listener::Postgres(Box::new(listener))))
            }
            (None, Backend::Sqlite(_)) => Ok((Self::alone(clock), Listener::Nobody)),
        }
    }

    /// For a process that shares its store with nobody.
    fn alone(clock: &Arc<dyn Clock>) -> Self {
        let access = SessionPolicy::default().access;
        let Counts { near_limits, limits, login_tries } = Counts::alone(clock);
        let bell = Arc::new(LocalBell::default());
        Self {
            near_limits,
            limits,
            login_tries,
            statuses: Arc::new(LocalStatusCache::new(CACHED, FRESH_FOR, clock.clone())),
            sessions: Arc::new(LocalSessionCache::new(CACHED, access, clock.clone())),
            offers: Arc::new(LocalOfferCache::new(OFFER_PAGES, PAGE_STAYS, clock.clone())),
            last_known: Arc::new(LocalLastKnown::new(clock)),
            wake_up: bell.clone(),
            followers: bell,
            server: None,
            levels: None,
        }
    }

    /// Caches of this process before those that are shared, and who must hear what other processes say.
    fn near(far: Far, clock: &Arc<dyn Clock>) -> (Self, Arc<Sinks>) {
        let Far { statuses, sessions, offers, counts, relay } = far;
        let Counts { near_limits, limits, login_tries } = counts;
        let bell = Arc::new(LocalBell::default());
        let statuses = Arc::new(NearStatuses::new(CACHED, NEAR_FOR, statuses, clock.clone()));
        let sessions = Arc::new(NearSessions::new(CACHED, sessions, relay.clone(), clock.clone()));
        let offers = Arc::new(NearOffers::new(OFFER_PAGES, offers, relay.clone(), clock.clone()));
        let last_known = Arc::new(LocalLastKnown::new(clock));
        let sinks =
            Sinks(vec![statuses.clone(), sessions.clone(), offers.clone(), last_known.clone(), bell.clone()]);
        let wake_up = Arc::new(RelayedBell::new(bell.clone(), relay));
        let (server, levels) = (None, None);
        let state = Self {
            statuses,
            sessions,
            offers,
            last_known,
            wake_up,
            followers: bell,
            near_limits,
            limits,
            login_tries,
            server,
            levels,
        };
        (state, Arc::new(sinks))
    }
}

impl Far {
    fn on_redis(connection: &RedisConnection, relay: RedisRelay, clock: &Arc<dyn Clock>) -> Self {
        let access = SessionPolicy::default().access;
        Self {
            statuses: Arc::new(RedisStatusCache::new(connection.clone(), FRESH_FOR - NEAR_FOR)),
            sessions: Arc::new(RedisSessionCache::new(connection.clone(), access, clock.clone())),
            offers: Arc::new(RedisOfferCache::new(connection.clone(), clock.clone())),
            counts: Counts::on_redis(connection, clock),
            relay: Arc::new(relay),
        }
    }

    /// The store itself stands behind the near caches; NOTIFY keeps them true.
    fn on_postgres(relay: PgRelay, clock: &Arc<dyn Clock>) -> Self {
        Self {
            counts: Counts::alone(clock),
            statuses: Arc::new(NoCache),
            sessions: Arc::new(NoCache),
            offers: Arc::new(NoCache),
            relay: Arc::new(relay),
        }
    }
}
