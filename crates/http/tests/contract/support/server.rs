//! The servers, each on a thread and a free port of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all, select};
use offers_application::Services;
use offers_application::activation_status::ActivationStatus;
use offers_application::announcer::Announcer;
use offers_application::auto_renewal::SwitchAutoRenew;
use offers_application::begin_activation::{BeginActivation, OrderBatch};
use offers_application::create_users::CreateUsers;
use offers_application::fallback::Fallback;
use offers_application::group_commit::{GroupCommit, LanePorts, LaneSettings};
use offers_application::identity::{Authenticate, Identity, IdentityPorts, Register, TokenIssuer, Tries};
use offers_application::list_offers::ListOffers;
use offers_application::notebook::Notebook;
use offers_application::store_health::StoreHealth;
use offers_domain::money::Currency;
use offers_domain::ports::{Clock, IdSource, Metrics, SessionCache, StatusCache, Store};
use offers_domain::session::SessionPolicy;
use offers_http::{
    ApiState, EventStreams, HttpSettings, Limits, Quotas, Readiness, StreamLimits, TrustedProxies,
    api_server, metrics_server,
};
use offers_local::{LocalBell, LocalLastKnown, LocalLoginTries, LocalRateLimits};
use offers_testkit::builders::NOON;
use offers_testkit::clock::FakeClock;
use offers_testkit::ids::CountingIds;
use prometheus::Registry;

use super::activation::receive_callback;
use super::back_office::staff;
use super::client::Client;
use super::identity::{
    NoMetrics, access_tokens, offer_cache, passwords, pseudonyms, refresh_tokens, session_cache, status_cache,
};
use super::partners::authenticate_partner;
use super::store::Scripted;
use super::webhooks::manage_webhooks;
use super::world::World;

/// A running server; dropping it stops it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) registry: Registry,
    pub(crate) readiness: Readiness,
    pub(crate) bell: Arc<LocalBell>,
    store: Scripted,
    notebook: Option<Arc<Notebook>>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// With settings that suit tests: one thread.
    pub(crate) fn start() -> Self {
        Self::with(HttpSettings { workers: 1, ..HttpSettings::default() })
    }

    pub(crate) fn with(settings: HttpSettings) -> Self {
        Self::with_lanes(settings, LaneSettings::default())
    }

    /// With a lane for orders that takes one at a time and lets one more wait.
    pub(crate) fn with_a_short_queue() -> Self {
        let lanes = LaneSettings { queue: 1, max_batch: 1, ..LaneSettings::default() };
        Self::with_lanes(HttpSettings { workers: 1, ..HttpSettings::default() }, lanes)
    }

    /// With limits.
    pub(crate) fn with_quotas(quotas: Quotas) -> Self {
        let parts = Parts { quotas, ..Parts::new() };
        Self::of(parts, HttpSettings { workers: 1, ..HttpSettings::default() }, LaneSettings::default())
    }

    /// With limits for event streams.
    pub(crate) fn with_streams(streams: StreamLimits) -> Self {
        let parts = Parts { streams, ..Parts::new() };
        Self::of(parts, HttpSettings { workers: 1, ..HttpSettings::default() }, LaneSettings::default())
    }

    /// Where the contract is not shown.
    pub(crate) fn without_documentation() -> Self {
        let parts = Parts { documentation: false, ..Parts::new() };
        Self::of(parts, HttpSettings { workers: 1, ..HttpSettings::default() }, LaneSettings::default())
    }

    /// Where strangers may sign up.
    pub(crate) fn open_to_strangers() -> Self {
        let parts = Parts { registration: true, ..Parts::new() };
        Self::of(parts, HttpSettings { workers: 1, ..HttpSettings::default() }, LaneSettings::default())
    }

    fn with_lanes(settings: HttpSettings, lanes: LaneSettings) -> Self {
        Self::of(Parts::new(), settings, lanes)
    }

    fn of(mut parts: Parts, settings: HttpSettings, lanes: LaneSettings) -> Self {
        let (listener, address) = listener();
        let (state, lanes) = parts.services(lanes);
        let server = move || api_server(listener, state, &settings).unwrap();
        parts.run(address, server, lanes)
    }

    /// The listener for machines.
    pub(crate) fn monitoring() -> Self {
        let parts = Parts::new();
        let (listener, address) = listener();
        let (registry, readiness) = (parts.registry.clone(), parts.readiness.clone());
        let server = move || metrics_server(listener, registry, readiness).unwrap();
        parts.run(address, server, Vec::new())
    }

    /// What the ports know.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.store.world()
    }

    /// A client without a token.
    pub(crate) fn stranger(&self) -> Client {
        Client::to(self.address)
    }

    /// The client of [`super::CALLER`].
    pub(crate) fn caller(&self) -> Client {
        self.stranger().header("authorization", "Bearer good-token")
    }

    /// The client of [`super::STAFF`].
    pub(crate) fn staff(&self) -> Client {
        self.stranger().header("authorization", "Bearer staff-token")
    }

    /// The client of [`super::ROOT`].
    pub(crate) fn root(&self) -> Client {
        self.stranger().header("authorization", "Bearer root-token")
    }

    /// The client of [`super::OTHER`].
    pub(crate) fn other(&self) -> Client {
        self.stranger().header("authorization", "Bearer other-token")
    }

    /// A partner with a key for everything.
    pub(crate) fn partner(&self) -> Client {
        self.stranger().header("authorization", "Bearer ok_live_k")
    }

    /// Writes into the world's trail what requests left behind.
    pub(crate) async fn write_notes(&self) {
        self.notebook.as_ref().unwrap().write().await.unwrap();
    }

    /// Stops after the requests under way.
    pub(crate) async fn stop(&self) {
        self.handle.stop(true).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The command is sent at once; the answer is the thread's end.
        drop(self.handle.stop(false));
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()),
            "the server's thread panicked"
        );
    }
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The lanes of every batch, running.
type Lanes = Vec<BoxFuture<'static, ()>>;

struct Parts {
    store: Scripted,
    registry: Registry,
    readiness: Readiness,
    health: Arc<StoreHealth>,
    bell: Arc<LocalBell>,
    registration: bool,
    documentation: bool,
    quotas: Quotas,
    notebook: Option<Arc<Notebook>>,
    streams: StreamLimits,
}

impl Parts {
    fn new() -> Self {
        let store = Scripted::default();
        let health = Arc::new(StoreHealth::new(Arc::new(store.clone()), None, Arc::new(NoMetrics)));
        let readiness = Readiness::new(health.clone());
        Self {
            store,
            registry: Registry::new(),
            readiness,
            health,
            bell: Arc::default(),
            registration: false,
            documentation: true,
            quotas: Quotas::default(),
            notebook: None,
            streams: StreamLimits::default(),
        }
    }

    fn services(&mut self, lanes: LaneSettings) -> (ApiState, Lanes) {
        let clock = Arc::new(FakeClock::at(NOON));
        let fake_clock: Arc<dyn Clock> = clock.clone();
        let last_known = Arc::new(LocalLastKnown::new(&fake_clock));
        let fallback = Fallback { last_known, health: self.health.clone(), clock: clock.clone() };
        let ids: Arc<dyn IdSource> = Arc::new(CountingIds::default());
        let metrics: Arc<dyn Metrics> = Arc::new(NoMetrics);
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let queries = Arc::new(self.store.clone());
        let sessions: Arc<dyn SessionCache> = Arc::new(session_cache());
        let cache: Arc<dyn StatusCache> = Arc::new(status_cache());
        let access = Arc::new(access_tokens());
        let tokens = TokenIssuer {
            access: access.clone(),
            refresh: Arc::new(refresh_tokens()),
            policy: SessionPolicy::default(),
        };
        let identity = self.identity(tokens, sessions.clone(), fake_clock.clone());
        let announcer = Announcer::new(cache.clone(), self.bell.clone(), metrics.clone());
        let ports = LanePorts {
            store: store.clone(),
            announcer: announcer.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            metrics: metrics.clone(),
        };
        let (orders, order_lanes) = GroupCommit::new(OrderBatch::default(), &ports, lanes);
        let (receive_callback, callback_lanes) = receive_callback(&ports, lanes);
        let mut lanes: Lanes = order_lanes.into_iter().map(|lane| lane.run().boxed()).collect();
        lanes.extend(callback_lanes.into_iter().map(|lane| lane.run().boxed()));
        let notebook = Arc::new(Notebook::new(store.clone(), ids.clone()));
        let services = Services {
            begin_activation: BeginActivation::new(orders, ids.clone(), metrics.clone()),
            receive_callback,
            activation_status: ActivationStatus::new(
                cache,
                queries.clone(),
                self.bell.clone(),
                fallback.clone(),
            ),
            switch_auto_renew: SwitchAutoRenew { store, ids: ids.clone() },
            list_offers: ListOffers {
                cache: Arc::new(offer_cache()),
                queries: queries.clone(),
                fallback: fallback.clone(),
                clock: clock.clone(),
            },
            authenticate: Authenticate {
                tokens: access,
                sessions,
                queries: queries.clone(),
                fallback,
                clock: clock.clone(),
            },
            authenticate_partner: authenticate_partner(&self.store, notebook.clone(), metrics),
            notebook: notebook.clone(),
            identity,
            staff: staff(&self.store, announcer, clock.clone(), ids.clone()),
            register: self.register(clock.clone(), ids.clone()),
            manage_webhooks: manage_webhooks(&self.store),
            queries,
            clock: clock.clone(),
            ids,
            currency: Currency::EUR,
        };
        self.notebook = Some(notebook);
        let (readiness, registry) = (self.readiness.clone(), self.registry.clone());
        let (services, limits) = (Arc::new(services), self.limits(fake_clock));
        (ApiState { services, limits, readiness, registry, documentation: self.documentation }, lanes)
    }

    fn register(&self, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Register {
        let passwords = Arc::new(passwords(self.store.clone()));
        let store = Arc::new(self.store.clone());
        Register {
            users: CreateUsers { store, passwords, clock, ids, currency: Currency::EUR },
            open: self.registration,
        }
    }

    /// The test itself is a proxy whose word is taken.
    fn limits(&self, clock: Arc<dyn Clock>) -> Limits {
        let counter = Arc::new(LocalRateLimits::new(1000, clock));
        Limits {
            quotas: self.quotas,
            near: counter.clone(),
            shared: counter,
            proxies: TrustedProxies(vec!["127.0.0.1/32".parse().unwrap()]),
            streams: EventStreams::try_new(self.streams, &self.registry).unwrap(),
        }
    }

    /// What logins need; `clock` is the one of everything else.
    fn identity(
        &self,
        tokens: TokenIssuer,
        sessions: Arc<dyn SessionCache>,
        clock: Arc<dyn Clock>,
    ) -> Identity {
        Identity::new(IdentityPorts {
            store: Arc::new(self.store.clone()),
            queries: Arc::new(self.store.clone()),
            sessions,
            passwords: Arc::new(passwords(self.store.clone())),
            tries: Tries {
                pseudonyms: Arc::new(pseudonyms()),
                login_tries: Arc::new(LocalLoginTries::new(1000, &clock)),
            },
            tokens,
            clock,
            ids: Arc::new(CountingIds::default()),
            login_floor: Duration::ZERO,
        })
    }

    /// Runs a server, and the lanes beside it, on a thread of their own.
    fn run(
        self,
        address: SocketAddr,
        server: impl FnOnce() -> actix_web::dev::Server + Send + 'static,
        lanes: Lanes,
    ) -> Server {
        let (started, handle) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = server();
                started.send(server.handle()).unwrap();
                let lanes = Box::pin(join_all(lanes));
                let never = Box::pin(async move {
                    lanes.await;
                    std::future::pending::<()>().await;
                });
                select(server, never).await;
            });
        });
        let Self { store, notebook, registry, readiness, bell, .. } = self;
        let handle = handle.recv().expect("the server starts");
        Server { address, registry, readiness, bell, store, notebook, handle, thread: Some(thread) }
    }
}
