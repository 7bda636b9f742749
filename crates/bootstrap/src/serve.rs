//! A serving process: open, announce, serve, stop.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use offers_domain::ports::Metrics;
use offers_http::{ApiState, HttpSettings, Readiness, api_server, metrics_server};
use offers_runner::schedule::every;
use offers_runner::tasks::Tasks;
use offers_simulator::Simulator;
use prometheus::Registry;

use crate::banner::Banner;
use crate::commands::{bring_up_to_date, demonstrate};
use crate::metrics::PrometheusMetrics;
use crate::settings::Settings;
use crate::wiring::{Base, Shared};
use crate::{StartError, secret_key, telemetry};

/// How long a stop may take.
const PATIENCE: Duration = Duration::from_secs(28);

/// Which parts this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// The HTTP API.
    pub api: bool,
    /// The worker.
    pub worker: bool,
    /// Housekeeping by the clock.
    pub scheduler: bool,
    /// Migrate and fill a new database before serving.
    pub prepare: bool,
}

impl Roles {
    /// Everything in one process: the embedded default.
    pub const ALL_IN_ONE: Self = Self { api: true, worker: true, scheduler: true, prepare: true };
    /// The API alone.
    pub const API: Self = Self { api: true, worker: false, scheduler: false, prepare: false };
    /// The worker, with or without the scheduler.
    pub const fn worker(scheduler: bool) -> Self {
        Self { api: false, worker: true, scheduler, prepare: false }
    }
}

/// Serves until SIGTERM or SIGINT, then finishes what has begun.
pub async fn serve(settings: &Settings, roles: Roles, output: &mut dyn Write) -> Result<(), StartError> {
    // Ports first: a second start on the same folder must not touch the first one's data.
    let api = if roles.api { Some(listen(settings.listen, "--listen")?) } else { None };
    let metrics = listen(settings.metrics_listen, "--metrics-listen")?;
    telemetry::install(&settings.log)?;

    let created = roles.prepare && bring_up_to_date(settings)?.created;
    let base = Base::open(settings)?;
    let demonstration = if created { Some(demonstrate(&base).await?) } else { None };

    let mut process = Process::new(base, settings)?;
    let mut banner = Banner::new(demonstration, address_of(&metrics)?);
    if let Some(listener) = api {
        banner.api = Some(address_of(&listener)?);
        process.start_api(listener, settings)?;
    }
    process.start_metrics(metrics)?;
    if roles.worker {
        banner.partner = Some(process.start_worker(settings).await?);
    }
    if roles.scheduler {
        process.start_schedule();
    }
    banner.print(output)?;
    process.until_stopped().await
}

/// Ends when the process is asked to stop.
pub(crate) async fn stop_requested() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be watched; only SIGINT stops this process cleanly");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

fn listen(address: SocketAddr, flag: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).map_err(|reason| match reason.kind() {
        std::io::ErrorKind::AddrInUse => StartError::AddressInUse { address, flag },
        _ => StartError::Listen { address, reason },
    })
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::Setup(format!("a listener has no address: {error}")))
}

/// The running parts.
struct Process {
    shared: Shared,
    registry: Registry,
    readiness: Readiness,
    tasks: Tasks,
    servers: Vec<ServerHandle>,
}

impl Process {
    fn new(base: Base, settings: &Settings) -> Result<Self, StartError> {
        let registry = Registry::new();
        let metrics: Arc<dyn Metrics> = Arc::new(PrometheusMetrics::try_new(&registry)?);
        let readiness = Readiness::new(base.queries.clone());
        let shared = Shared::new(base, metrics, settings);
        Ok(Self { shared, registry, readiness, tasks: Tasks::new(), servers: Vec::new() })
    }

    fn start_api(&mut self, listener: TcpListener, settings: &Settings) -> Result<(), StartError> {
        let key = secret_key::load(settings, &*self.shared.base.ids)?;
        let (services, lanes) = self.shared.services(key)?;
        for lane in lanes {
            self.tasks.spawn("orders", lane.run());
        }
        let state = ApiState {
            services: Arc::new(services),
            readiness: self.readiness.clone(),
            registry: self.registry.clone(),
        };
        let http = HttpSettings { workers: settings.http.workers, ..HttpSettings::default() };
        let server = api_server(listener, state, &http).map_err(|error| server_error(&error))?;
        self.start_server("api", server);
        Ok(())
    }

    fn start_metrics(&mut self, listener: TcpListener) -> Result<(), StartError> {
        let server = metrics_server(listener, self.registry.clone(), self.readiness.clone())
            .map_err(|error| server_error(&error))?;
        self.start_server("metrics", server);
        Ok(())
    }

    fn start_server(&mut self, name: &'static str, server: actix_web::dev::Server) {
        self.servers.push(server.handle());
        self.tasks.spawn(name, async move {
            if let Err(error) = server.await {
                tracing::error!(server = name, %error, "a server failed");
            }
        });
    }

    /// Starts the worker and, where no activation partner is named, the simulated one. Returns who is called.
    async fn start_worker(&mut self, settings: &Settings) -> Result<String, StartError> {
        let (url, label) = match &settings.activation_partner_url {
            Some(url) => (url.clone(), url.clone()),
            None => {
                let url = self.start_simulator().await?;
                let label = format!("{url} (simulated: activates everything)");
                (url, label)
            }
        };
        let (worker, lanes) = self.shared.worker(&url, settings)?;
        for lane in lanes {
            self.tasks.spawn("settlements", lane.run());
        }
        self.tasks.spawn("worker", worker.run(self.tasks.stop_signal()));
        Ok(label)
    }

    /// It keeps answering until the very end, for the orders under way.
    async fn start_simulator(&self) -> Result<String, StartError> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let simulator = Simulator::bind(address)
            .await
            .map_err(|reason| StartError::Listen { address, reason })?;
        let url = format!("http://{}", simulator.local_addr());
        self.tasks.spawn_background("simulator", simulator.run(std::future::pending()));
        Ok(url)
    }

    fn start_schedule(&self) {
        const HOUR: Duration = Duration::from_secs(3600);
        let housekeeping = Arc::new(self.shared.base.housekeeping(self.shared.metrics.clone()));
        let stop = self.tasks.stop_signal();
        self.tasks.spawn("schedule", every(HOUR, stop, move || {
            let housekeeping = housekeeping.clone();
            async move {
                if let Err(error) = housekeeping.purge().await {
                    tracing::warn!(%error, "old records were not purged");
                }
                if let Err(error) = housekeeping.verify().await {
                    tracing::warn!(%error, "the ledger was not checked");
                }
            }
        }));
    }

    /// Waits for the stop, then: refuse new work, finish requests, finish orders, end.
    async fn until_stopped(self) -> Result<(), StartError> {
        let broken = self.tasks.stop_signal();
        tokio::select! {
            () = stop_requested() => tracing::info!("stopping"),
            () = broken.cancelled() => {}
        }
        self.readiness.drain();
        self.tasks.stop();
        let stops: Vec<_> = self.servers.iter().map(|server| server.stop(true)).collect();
        let all = async {
            for stop in stops {
                stop.await;
            }
            self.tasks.ended(PATIENCE).await
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
