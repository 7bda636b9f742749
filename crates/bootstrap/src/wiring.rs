//! Which adapter stands behind which port.

mod base;

use std::sync::Arc;

use offers_application::Services;
use offers_application::activation_status::ActivationStatus;
use offers_application::announcer::Announcer;
use offers_application::auto_renewal::{RenewDue, SwitchAutoRenew};
use offers_application::begin_activation::{BeginActivation, OrderBatch};
use offers_application::claim_work::{ClaimPorts, ClaimWork};
use offers_application::counted::Counted;
use offers_application::fallback::Fallback;
use offers_application::group_commit::{GroupCommit, Lane, LanePorts, LaneSettings};
use offers_application::identity::{
    Authenticate, Identity, IdentityPorts, Register, TokenIssuer, Tries, WitnessedSessions,
};
use offers_application::list_offers::ListOffers;
use offers_application::notebook::Notebook;
use offers_application::partner_channel::{AuthenticatePartner, KeyLookups};
use offers_application::process_activation::{ProcessActivation, ProcessPorts};
use offers_application::receive_callback::{CallbackBatch, ReceiveCallback};
use offers_application::release_work::ReleaseWork;
use offers_application::send_notices::{SendNotices, SendPorts};
use offers_application::settle_activation::SettleBatch;
use offers_application::store_health::StoreHealth;
use offers_application::void_late_successes::VoidLateSuccesses;
use offers_application::watch_ends::WatchEnds;
use offers_auth::{HmacPseudonyms, OpaqueTokens, RandomApiKeys};
use offers_domain::activation_partner::ActivationRoutes;
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::{ActivationGateway, KeyCache, Levels, Metrics, SessionCache, WakeUp};
use offers_domain::session::SessionPolicy;
use offers_local::{LocalBell, LocalKeyCache, RememberedTokens};
use offers_runner::sender::{Sender, SenderSettings};
use offers_runner::worker::{WorkCases, Worker, WorkerSettings};
use secrecy::SecretString;

pub(crate) use self::base::Base;
use crate::activation::{callbacks, gateways, places, voids};
use crate::settings::Settings;
use crate::shared_state::SharedState;
use crate::staff::staff;
use crate::{StartError, notices, secret_key, webhooks};

/// API keys that are kept near, at most.
const API_KEYS: usize = 10_000;
/// How long a route that only reads may go without asking the store about an API key.
const API_KEY_BELIEVED_FOR: time::Duration = time::Duration::seconds(5);
/// Access tokens that are remembered as good, at most.
const TOKENS: usize = 20_000;

/// Those who tell customers, and the bells that wake them.
#[derive(Default)]
pub(crate) struct Senders {
    pub(crate) loops: Vec<Sender<SendNotices>>,
    pub(crate) bells: Vec<Arc<dyn WakeUp>>,
}

/// What the API's commands run in.
pub(crate) struct ApiLanes {
    pub(crate) orders: Vec<Lane<OrderBatch>>,
    pub(crate) callbacks: Vec<Lane<CallbackBatch>>,
}

/// What works on orders.
pub(crate) struct WorkerParts {
    pub(crate) worker: Worker,
    /// What the worker's settlements run in.
    pub(crate) lanes: Vec<Lane<SettleBatch>>,
    /// What undoes late successes.
    pub(crate) voids: VoidLateSuccesses,
    /// What is under way to the partners.
    pub(crate) levels: Arc<dyn Levels>,
}

/// What builds the parts of a serving process.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) base: Base,
    pub(crate) metrics: Arc<dyn Metrics>,
    fallback: Fallback,
    lanes: LaneSettings,
    channels: NoticeChannels,
    routes: Arc<ActivationRoutes>,
    registration: bool,
}

impl Parts {
    pub(crate) fn try_new(
        base: Base,
        health: Arc<StoreHealth>,
        metrics: Arc<dyn Metrics>,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        let orders = settings.orders;
        let last_known = base.state.last_known.clone();
        Ok(Self {
            fallback: Fallback { last_known, health, clock: base.clock.clone() },
            lanes: LaneSettings { lanes: base.lanes, queue: orders.queue, max_batch: orders.max_batch },
            channels: notices::channels(settings)?,
            routes: Arc::new(settings.activation_routes()?),
            base,
            metrics,
            registration: settings.identity.registration,
        })
    }

    fn announcer(&self) -> Announcer {
        let SharedState { statuses, wake_up, .. } = self.base.state.clone();
        Announcer::new(statuses, wake_up, self.metrics.clone())
    }

    fn authenticate_partner(&self, notebook: Arc<Notebook>, settings: &Settings) -> AuthenticatePartner {
        let Base { queries, clock, state, .. } = self.base.clone();
        let quota = settings.quota(settings.limits.key_lookups_per_address);
        let cache: Arc<dyn KeyCache> =
            Arc::new(LocalKeyCache::new(API_KEYS, API_KEY_BELIEVED_FOR, clock.clone()));
        AuthenticatePartner {
            keys: Arc::new(RandomApiKeys),
            cache: Arc::new(Counted::new(cache, self.metrics.clone())),
            lookups: KeyLookups { counter: state.near_limits, quota },
            queries,
            notebook,
            clock,
            metrics: self.metrics.clone(),
            accepts_test_keys: settings.partner_api.test_keys,
        }
    }

    fn order_batch(&self) -> OrderBatch {
        OrderBatch { routes: self.routes.clone() }
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

    /// The use cases of the API, and the lanes that its commands run in.
    pub(crate) fn services(
        &self,
        key: SecretString,
        settings: &Settings,
    ) -> Result<(Services, ApiLanes), StartError> {
        let Base { store, queries, state, passwords, clock, ids, currency, .. } = self.base.clone();
        let SharedState { statuses, sessions, offers, wake_up, login_tries, .. } = state;
        let statuses = Arc::new(Counted::new(statuses, self.metrics.clone()));
        let sessions = Arc::new(Counted::new(sessions, self.metrics.clone()));
        let offers = Arc::new(Counted::new(offers, self.metrics.clone()));
        let pseudonyms = Arc::new(HmacPseudonyms::new(&key));
        let fallback = self.fallback.clone();
        let sessions: Arc<dyn SessionCache> =
            Arc::new(WitnessedSessions { cache: sessions, last_known: fallback.last_known.clone() });
        let access = secret_key::access_tokens(key, ids.clone())?;
        let remembered = Arc::new(RememberedTokens::new(TOKENS, access.clone(), clock.clone()));
        let identity = Identity::new(IdentityPorts {
            store: store.clone(),
            queries: queries.clone(),
            sessions: sessions.clone(),
            passwords,
            tries: Tries { pseudonyms, login_tries },
            tokens: TokenIssuer { access, refresh: Arc::new(OpaqueTokens), policy: SessionPolicy::default() },
            clock: clock.clone(),
            ids: ids.clone(),
            login_floor: Settings::duration(settings.identity.login_floor_ms),
        });
        let (orders, order_lanes) = GroupCommit::new(self.order_batch(), &self.lane_ports(), self.lanes);
        let inbox = CallbackBatch::new(settings.retry_policy(), self.channels);
        let inbox_lanes = LaneSettings { lanes: 1, ..self.lanes };
        let (inbox, callback_lanes) = GroupCommit::new(inbox, &self.lane_ports(), inbox_lanes);
        let notebook = Arc::new(Notebook::new(store.clone(), ids.clone()));
        let lanes = ApiLanes { orders: order_lanes, callbacks: callback_lanes };
        let services = Services {
            begin_activation: BeginActivation::new(orders, ids.clone(), self.metrics.clone()),
            receive_callback: ReceiveCallback {
                reader: Arc::new(callbacks(settings)?),
                inbox,
                clock: clock.clone(),
                metrics: self.metrics.clone(),
            },
            activation_status: ActivationStatus::new(statuses, queries.clone(), wake_up, fallback.clone()),
            switch_auto_renew: SwitchAutoRenew { store, ids: ids.clone() },
            list_offers: ListOffers {
                cache: offers,
                queries: queries.clone(),
                fallback: fallback.clone(),
                clock: clock.clone(),
            },
            authenticate: Authenticate {
                tokens: remembered,
                sessions,
                queries: queries.clone(),
                fallback,
                clock: clock.clone(),
            },
            authenticate_partner: self.authenticate_partner(notebook.clone(), settings),
            notebook,
            identity,
            staff: staff(&self.base, self.announcer(), settings)?,
            manage_webhooks: webhooks::manage(&self.base, settings)?,
            register: Register { users: self.base.create_users(), open: self.registration },
            queries,
            clock,
            ids,
            currency,
        };
        Ok((services, lanes))
    }

    /// What renews subscriptions by themselves, and the lanes that its orders run in.
    pub(crate) fn renewals(&self, settings: &Settings) -> (RenewDue, Vec<Lane<OrderBatch>>) {
        let Base { store, queries, ids, .. } = self.base.clone();
        let lanes = LaneSettings { lanes: 1, ..self.lanes };
        let (orders, lanes) = GroupCommit::new(self.order_batch(), &self.lane_ports(), lanes);
        let orders = BeginActivation::new(orders, ids.clone(), self.metrics.clone());
        let (calendar, channels) = (settings.renewal_calendar(), self.channels);
        (RenewDue { store, orders, queries, ids, calendar, channels }, lanes)
    }

    /// What watches the ends of subscriptions.
    pub(crate) fn watch_ends(&self, settings: &Settings) -> WatchEnds {
        let Base { store, ids, .. } = self.base.clone();
        WatchEnds { store, ids, warning: settings.warning_days(), channels: self.channels }
    }

    /// A sender for each channel in use.
    pub(crate) fn senders(&self, settings: &Settings) -> Result<Senders, StartError> {
        let pace = SenderSettings {
            concurrency: settings.notices.concurrency,
            poll: Settings::duration(settings.notices.poll_ms),
            ..SenderSettings::default()
        };
        let mut senders = Senders::default();
        for (channel, messenger) in notices::messengers(settings)? {
            let bell = Arc::new(LocalBell::default());
            let ports = SendPorts {
                store: self.base.store.clone(),
                messenger,
                ids: self.base.ids.clone(),
                metrics: self.metrics.clone(),
            };
            let notices = SendNotices::new(ports, channel, settings.send_policy());
            senders.loops.push(Sender::new(notices, bell.clone(), pace));
            senders.bells.push(bell);
        }
        Ok(senders)
    }

    /// What works on orders; `partner_url` is where the default activation partner is. It wakes the senders when an order
    /// has ended.
    pub(crate) fn worker(
        &self,
        partner_url: &str,
        senders: Vec<Arc<dyn WakeUp>>,
        settings: &Settings,
    ) -> Result<WorkerParts, StartError> {
        let policy = settings.retry_policy();
        let gateways = Arc::new(gateways(partner_url, settings)?);
        let called: Arc<dyn ActivationGateway> = gateways.clone();
        let gateway = Arc::new(Counted::new(called, self.metrics.clone()));
        let Base { store, state, clock, ids, .. } = self.base.clone();
        let (settlements, lanes) =
            GroupCommit::new(SettleBatch::new(policy, self.channels), &self.lane_ports(), self.lanes);
        let (announcer, metrics) = (self.announcer(), self.metrics.clone());
        let voids = voids(&self.base, gateway.clone(), settings)?;
        let release = ReleaseWork::new(store.clone(), announcer.clone(), clock.clone(), ids.clone());
        let (claim_clock, claim_ids) = (clock.clone(), ids.clone());
        let claim = ClaimPorts { store, announcer, clock: claim_clock, ids: claim_ids, metrics };
        let claim = ClaimWork::new(claim, policy);
        let ports = ProcessPorts { gateway, clock, ids, senders };
        let process = ProcessActivation::new(ports, settlements, policy);
        let pace = WorkerSettings {
            poll: Settings::duration(settings.worker.poll_ms),
            drain: Settings::duration(settings.worker.drain_ms),
        };
        let cases = WorkCases { claim, process, release };
        let worker = Worker::new(cases, state.wake_up, places(settings)?, pace);
        Ok(WorkerParts { worker, lanes, voids, levels: gateways })
    }
}
