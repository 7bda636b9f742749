//! Which adapter stands behind which port.

use std::sync::Arc;
use std::time::Duration;

use offers_application::Services;
use offers_application::activation_status::ActivationStatus;
use offers_application::announcer::Announcer;
use offers_application::begin_activation::{BeginActivation, OrderBatch};
use offers_application::claim_work::ClaimWork;
use offers_application::create_users::CreateUsers;
use offers_application::group_commit::{GroupCommit, Lane, LanePorts, LaneSettings};
use offers_application::housekeeping::Housekeeping;
use offers_application::identity::{Authenticate, Login, Logout, Refresh, TokenIssuer};
use offers_application::process_activation::{ProcessActivation, ProcessPorts};
use offers_application::seed::Seed;
use offers_application::settle_activation::SettleBatch;
use offers_auth::{Argon2Passwords, HashLimits, JwtSettings, JwtTokens, OpaqueTokens, SigningKey};
use offers_domain::money::Currency;
use offers_domain::ports::{
    AccessTokens, Clock, IdSource, Metrics, Passwords, Queries, SessionCache, StatusCache, Store, WakeUp,
};
use offers_domain::session::SessionPolicy;
use offers_local::{LocalBell, LocalSessionCache, LocalStatusCache, RandomIds, SystemClock};
use offers_partner::{HttpGateway, HttpGatewaySettings};
use offers_runner::worker::{Worker, WorkerSettings};
use offers_sqlite::SqliteStore;
use secrecy::SecretString;

use crate::StartError;
use crate::settings::Settings;

/// Statuses and sessions that are kept near, at most.
const CACHED: u64 = 100_000;
/// How long a status that is not final may be served from the cache.
const FRESH_FOR: time::Duration = time::Duration::seconds(5);

/// What every command needs: the store, time, ids and passwords.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queries: Arc<dyn Queries>,
    pub(crate) passwords: Arc<dyn Passwords>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) currency: Currency,
}

impl Base {
    /// Opens the store that the settings name.
    pub(crate) fn open(settings: &Settings) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = SqliteStore::open(&settings.database_file()?, clock.clone())
            .map_err(|error| StartError::Store(error.to_string()))?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let passwords = Argon2Passwords::try_new(HashLimits::for_cores(cores))
            .map_err(|error| StartError::Setup(error.to_string()))?;
        Ok(Self {
            store: Arc::new(store.clone()),
            queries: Arc::new(store),
            passwords: Arc::new(passwords),
            clock,
            ids: Arc::new(RandomIds),
            currency: settings.currency()?,
        })
    }

    pub(crate) fn create_users(&self) -> CreateUsers {
        CreateUsers {
            store: self.store.clone(),
            passwords: self.passwords.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            currency: self.currency,
        }
    }

    pub(crate) fn seed(&self) -> Seed {
        Seed {
            store: self.store.clone(),
            queries: self.queries.clone(),
            users: self.create_users(),
            passwords: self.passwords.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            currency: self.currency,
        }
    }

    pub(crate) fn housekeeping(&self, metrics: Arc<dyn Metrics>) -> Housekeeping {
        Housekeeping {
            store: self.store.clone(),
            queries: self.queries.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            metrics,
        }
    }
}

/// What a serving process shares between its parts, beyond [`Base`].
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) base: Base,
    pub(crate) metrics: Arc<dyn Metrics>,
    statuses: Arc<dyn StatusCache>,
    wake_up: Arc<dyn WakeUp>,
    lanes: LaneSettings,
}

impl Shared {
    pub(crate) fn new(base: Base, metrics: Arc<dyn Metrics>, settings: &Settings) -> Self {
        let orders = settings.orders;
        Self {
            statuses: Arc::new(LocalStatusCache::new(CACHED, FRESH_FOR, base.clock.clone())),
            wake_up: Arc::new(LocalBell::default()),
            lanes: LaneSettings { lanes: 1, queue: orders.queue, max_batch: orders.max_batch },
            base,
            metrics,
        }
    }

    fn announcer(&self) -> Announcer {
        Announcer::new(self.statuses.clone(), self.wake_up.clone(), self.metrics.clone())
    }

    fn lane_ports(&self) -> LanePorts {
        LanePorts {
            store: self.base.store.clone(),
            announcer: self.announcer(),
            clock: self.base.clock.clone(),
            ids: self.base.ids.clone(),
            metrics: self.metrics.clone(),
        }
    }

    /// The use cases of the API, and the lanes that its orders run in.
    pub(crate) fn services(
        &self,
        key: SecretString,
    ) -> Result<(Services, Vec<Lane<OrderBatch>>), StartError> {
        let Base { store, queries, passwords, clock, ids, currency } = self.base.clone();
        let sessions: Arc<dyn SessionCache> =
            Arc::new(LocalSessionCache::new(CACHED, SessionPolicy::default().access, clock.clone()));
        let access = access_tokens(key, ids.clone())?;
        let refresh = Arc::new(OpaqueTokens);
        let tokens = TokenIssuer {
            access: access.clone(),
            refresh: refresh.clone(),
            policy: SessionPolicy::default(),
        };
        let (orders, lanes) = GroupCommit::new(OrderBatch, &self.lane_ports(), self.lanes);
        let services = Services {
            begin_activation: BeginActivation::new(orders, ids.clone(), self.metrics.clone()),
            activation_status: ActivationStatus::new(
                self.statuses.clone(),
                queries.clone(),
                self.wake_up.clone(),
                clock.clone(),
            ),
            authenticate: Authenticate {
                tokens: access,
                sessions: sessions.clone(),
                queries: queries.clone(),
                clock: clock.clone(),
            },
            login: Login {
                store: store.clone(),
                queries: queries.clone(),
                passwords,
                tokens: tokens.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
            },
            refresh: Refresh {
                store: store.clone(),
                sessions: sessions.clone(),
                tokens,
                clock: clock.clone(),
                ids: ids.clone(),
            },
            logout: Logout { store, sessions, refresh, clock: clock.clone(), ids: ids.clone() },
            queries,
            clock,
            ids,
            currency,
        };
        Ok((services, lanes))
    }

    /// The worker, and the lanes that its settlements run in.
    pub(crate) fn worker(
        &self,
        partner_url: &str,
        settings: &Settings,
    ) -> Result<(Worker, Vec<Lane<SettleBatch>>), StartError> {
        let policy = settings.retry_policy();
        let gateway = gateway(partner_url, settings)?;
        let Base { store, clock, ids, .. } = self.base.clone();
        let (settlements, lanes) = GroupCommit::new(SettleBatch::new(policy), &self.lane_ports(), self.lanes);
        let claim = ClaimWork::new(store, self.announcer(), clock.clone(), ids.clone(), policy);
        let ports = ProcessPorts { gateway: Arc::new(gateway), clock, ids, metrics: self.metrics.clone() };
        let process = ProcessActivation::new(ports, settlements, policy);
        let pace = WorkerSettings {
            concurrency: settings.worker.concurrency,
            poll: Settings::duration(settings.worker.poll_ms),
            ..WorkerSettings::default()
        };
        Ok((Worker::new(claim, process, self.wake_up.clone(), pace), lanes))
    }
}

fn access_tokens(key: SecretString, ids: Arc<dyn IdSource>) -> Result<Arc<dyn AccessTokens>, StartError> {
    let settings = JwtSettings {
        issuer: "offers-api".into(),
        audience: "offers-api".into(),
        current: SigningKey { kid: "1".into(), secret: key },
        previous: None,
    };
    let tokens = JwtTokens::try_new(settings, ids)
        .map_err(|error| StartError::Setting(format!("secret_key (SECRET_KEY): {error}")))?;
    Ok(Arc::new(tokens))
}

/// The way to the activation partner, or what is wrong with its address.
pub(crate) fn gateway(partner_url: &str, settings: &Settings) -> Result<HttpGateway, StartError> {
    HttpGateway::try_new(&gateway_settings(partner_url, settings))
        .map_err(|error| StartError::Setting(format!("activation_partner_url: {error}")))
}

/// A wait for a turn, or for a connection, is part of the call and must leave time for the rest of it.
fn gateway_settings(partner_url: &str, settings: &Settings) -> HttpGatewaySettings {
    let call_timeout = Settings::duration(settings.partner.call_timeout_ms);
    HttpGatewaySettings {
        connect_timeout: Settings::duration(settings.partner.connect_timeout_ms).min(call_timeout),
        call_timeout,
        max_concurrency: settings.partner.max_concurrency,
        max_wait: (call_timeout / 2).min(Duration::from_secs(1)),
        ..HttpGatewaySettings::new(partner_url)
    }
}
