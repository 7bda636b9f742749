//! The running parts of a process: started here, stopped here.

mod schedule;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use offers_application::notebook::Notebook;
use offers_application::store_health::StoreHealth;
use offers_application::watch_followed::WatchFollowed;
use offers_domain::ports::Metrics;
use offers_http::{
    ApiState, EventStreams, HttpSettings, Limits, Readiness, StreamLimits, api_server, metrics_server,
};
use offers_runner::schedule::every;
use offers_runner::tasks::Tasks;
use offers_simulator::Simulator;
use prometheus::Registry;

use crate::banner::Banner;
use crate::metrics::{self, LevelMetrics, PrometheusMetrics};
use crate::serve::{Role, address_of};
use crate::settings::Settings;
use crate::shared_state::Listener;
use crate::telemetry::Export;
use crate::wiring::{Base, Parts, WorkerParts};
use crate::{StartError, secret_key, webhooks};

/// How long a stop may take.
const PATIENCE: Duration = Duration::from_secs(28);

/// How often the servers behind the program are asked whether they answer.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How often orders that clients follow are looked at although no bell rang.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The sockets that a process serves on.
pub(crate) struct Listeners {
    pub(crate) api: Option<TcpListener>,
    pub(crate) metrics: TcpListener,
}

/// The running parts.
pub(crate) struct Process {
    base: Base,
    parts: Parts,
    registry: Registry,
    levels: LevelMetrics,
    readiness: Readiness,
    tasks: Tasks,
    api: Option<ServerHandle>,
    notebook: Option<Arc<Notebook>>,
    metrics: Option<ServerHandle>,
}

impl Process {
    /// Nothing serves yet, but other processes are heard.
    pub(crate) fn new(base: Base, listener: Listener, settings: &Settings) -> Result<Self, StartError> {
        let registry = metrics::registry()?;
        let levels = LevelMetrics::try_new(&registry)?;
        base.levels.iter().for_each(|part| levels.watch(part.clone()));
        let metrics: Arc<dyn Metrics> = Arc::new(PrometheusMetrics::try_new(&registry)?);
        let health =
            Arc::new(StoreHealth::new(base.queries.clone(), base.state.server.clone(), metrics.clone()));
        let readiness = Readiness::new(health.clone());
        let tasks = Tasks::new();
        // While requests are still answered, others must be heard.
        tasks.spawn_background("listener", listener.run());
        let watched = health.clone();
        let look = move || {
            let health = watched.clone();
            async move {
                let _ = health.look().await;
            }
        };
        let (first, later) = (look(), every(ASK_EVERY, tasks.stop_signal(), look));
        tasks.spawn("health", async move {
            first.await;
            later.await;
        });
        let parts = Parts::try_new(base.clone(), health, metrics, settings)?;
        Ok(Self { base, parts, registry, levels, readiness, tasks, api: None, notebook: None, metrics: None })
    }

    /// Starts what the role asks for and tells the banner where it is.
    pub(crate) async fn start(
        &mut self,
        role: Role,
        settings: &Settings,
        listeners: Listeners,
        banner: &mut Banner,
    ) -> Result<(), StartError> {
        if let Some(listener) = listeners.api {
            banner.api = Some(address_of(&listener)?);
            banner.documentation = settings.http.documentation;
            self.start_api(listener, settings)?;
        }
        self.start_metrics(listeners.metrics)?;
        if role != Role::Api {
            banner.partner = Some(self.start_worker(settings).await?);
        }
        if matches!(role, Role::Embedded | Role::Worker { scheduler: true }) {
            self.start_schedule(settings)?;
        }
        Ok(())
    }

    /// Until the very end, when what has ended in the last moments may be lost.
    pub(crate) fn export_spans(&self, export: Export) {
        self.tasks.spawn_background("spans", export.run());
    }

    fn start_api(&mut self, listener: TcpListener, settings: &Settings) -> Result<(), StartError> {
        let key = secret_key::load(settings, &*self.base.ids)?;
        let (services, lanes) = self.parts.services(key, settings)?;
        for lane in lanes.orders {
            self.tasks.spawn("orders", lane.run());
        }
        for lane in lanes.callbacks {
            self.tasks.spawn("callbacks", lane.run());
        }
        self.keep_notes(services.notebook.clone());
        let state = ApiState {
            services: Arc::new(services),
            limits: Limits {
                quotas: settings.quotas(),
                near: self.base.state.near_limits.clone(),
                shared: self.base.state.limits.clone(),
                proxies: settings.trusted_proxies()?,
                streams: self.event_streams(settings)?,
            },
            readiness: self.readiness.clone(),
            registry: self.registry.clone(),
            documentation: settings.http.documentation,
        };
        let http = HttpSettings { workers: settings.http.workers, ..HttpSettings::default() };
        let server = api_server(listener, state, &http).map_err(|error| server_error(&error))?;
        self.api = Some(server.handle());
        self.tasks.spawn("api", self.watched("api", server));
        self.watch_followed();
        Ok(())
    }

    /// What requests leave behind is written every minute, and once more when the last request has been answered.
    fn keep_notes(&mut self, notebook: Arc<Notebook>) {
        const EVERY: Duration = Duration::from_mins(1);
        let (notes, jobs) = (notebook.clone(), self.jobs());
        let write = move || {
            let (notes, jobs) = (notes.clone(), jobs.clone());
            async move { jobs.run("notebook", notes.write()).await }
        };
        self.tasks.spawn("notebook", every(EVERY, self.tasks.stop_signal(), write));
        self.notebook = Some(notebook);
    }

    fn event_streams(&self, settings: &Settings) -> Result<EventStreams, StartError> {
        let limits = StreamLimits {
            per_user: settings.http.event_streams_per_user,
            per_process: settings.http.event_streams,
            ..StreamLimits::default()
        };
        EventStreams::try_new(limits, &self.registry).map_err(|error| StartError::Setup(error.to_string()))
    }

    /// One look for all clients that wait.
    fn watch_followed(&self) {
        let watch =
            Arc::new(WatchFollowed::new(self.base.queries.clone(), self.base.state.followers.clone()));
        let jobs = self.jobs();
        let look = every(LOOK_EVERY, self.tasks.stop_signal(), move || {
            let (watch, jobs) = (watch.clone(), jobs.clone());
            async move { jobs.run("followed", watch.run()).await }
        });
        self.tasks.spawn("followed", look);
    }

    fn start_metrics(&mut self, listener: TcpListener) -> Result<(), StartError> {
        let server = metrics_server(listener, self.registry.clone(), self.readiness.clone())
            .map_err(|error| server_error(&error))?;
        self.metrics = Some(server.handle());
        // It answers probes until all else has ended.
        self.tasks.spawn_background("metrics", self.watched("metrics", server));
        Ok(())
    }

    /// A server that ends before anybody stops it takes the process with it.
    fn watched(
        &self,
        name: &'static str,
        server: actix_web::dev::Server,
    ) -> impl Future<Output = ()> + Send + use<> {
        let tasks = self.tasks.clone();
        async move {
            let ended = server.await;
            if !tasks.stop_signal().is_cancelled() {
                tracing::error!(server = name, ?ended, "a server ended; stopping");
                tasks.fail();
            }
        }
    }

    /// Starts the worker and, where no activation partner is named, the simulated one. Returns who is called.
    async fn start_worker(&mut self, settings: &Settings) -> Result<String, StartError> {
        let (url, label) = if let Some(url) = &settings.activation_partner_url {
            (url.clone(), url.clone())
        } else {
            let url = self.start_simulator().await?;
            tracing::warn!("the activation partner is simulated: orders are paid and nothing is delivered");
            let label = format!("{url} (simulated: activates everything)");
            (url, label)
        };
        let senders = self.parts.senders(settings)?;
        let webhooks = webhooks::parts(&self.base, self.parts.metrics.clone(), settings)?;
        let bells = senders.bells.into_iter().chain([webhooks.bell]).collect();
        let WorkerParts { worker, lanes, voids, levels } = self.parts.worker(&url, bells, settings)?;
        self.levels.watch(levels);
        let (voids, look) = (Arc::new(voids), Settings::duration(settings.worker.poll_ms));
        let jobs = self.jobs();
        let void = move || {
            let (voids, jobs) = (voids.clone(), jobs.clone());
            async move { jobs.run("late_successes", voids.run()).await }
        };
        self.tasks.spawn("voids", every(look, self.tasks.stop_signal(), void));
        for lane in lanes {
            self.tasks.spawn("settlements", lane.run());
        }
        self.tasks.spawn("worker", worker.run(self.tasks.stop_signal()));
        for sender in senders.loops {
            self.tasks.spawn("sender", sender.run(self.tasks.stop_signal()));
        }
        self.tasks.spawn("webhooks", webhooks.sender.run(self.tasks.stop_signal()));
        Ok(label)
    }

    /// It keeps answering until the very end, for the orders under way.
    async fn start_simulator(&self) -> Result<String, StartError> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let simulator =
            Simulator::bind(address).await.map_err(|reason| StartError::Listen { address, reason })?;
        let url = format!("http://{}", simulator.local_addr());
        self.tasks.spawn_background("simulator", simulator.run(std::future::pending()));
        Ok(url)
    }

    /// Waits for the stop that is asked for, or until a part fails, and stops.
    pub(crate) async fn until_stopped(
        self,
        requested: impl Future<Output = ()>,
        grace: Duration,
    ) -> Result<(), StartError> {
        let broken = self.tasks.stop_signal();
        tokio::select! {
            () = requested => tracing::info!("stopping"),
            () = broken.cancelled() => {}
        }
        self.stop(grace).await
    }

    /// Says that it wants no more work and goes on taking requests for `grace`, so that nobody who has not heard yet is
    /// turned away; then finishes requests and orders, and ends. Probes are answered until the end.
    pub(crate) async fn stop(self, grace: Duration) -> Result<(), StartError> {
        self.readiness.drain();
        let jobs = self.jobs();
        self.tasks.stop();
        let all = async {
            if let Some(api) = self.api {
                tokio::time::sleep(grace).await;
                api.stop(true).await;
            }
            if let Some(notebook) = self.notebook {
                jobs.run("notebook", notebook.write()).await;
            }
            let ended = self.tasks.ended(PATIENCE).await;
            if let Some(metrics) = self.metrics {
                metrics.stop(true).await;
            }
            ended
        };
        if tokio::time::timeout(PATIENCE, all).await.unwrap_or(false) {
            tracing::info!("stopped");
            Ok(())
        } else {
            Err(StartError::Failed("not everything ended in time, or a part failed; see the log".into()))
        }
    }
}

fn server_error(error: &std::io::Error) -> StartError {
    StartError::Setup(format!("the HTTP server cannot start: {error}"))
}
