//! A serving process: open, announce, serve, stop.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use offers_domain::ports::{Metrics, StoreError};
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

/// What a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API, worker and scheduler, without preparation: a new database is migrated and filled, and the activation partner
    /// is simulated where none is named.
    Embedded,
    /// The HTTP API alone.
    Api,
    /// The worker alone. It never simulates the partner: an order that a simulator activates is money taken for nothing.
    Worker {
        /// With the scheduled housekeeping.
        scheduler: bool,
    },
}

/// Serves until SIGTERM or SIGINT, then finishes what has begun.
pub async fn serve(settings: &Settings, role: Role, output: &mut dyn Write) -> Result<(), StartError> {
    // Ports first: a second start on the same folder must not touch the first one's data.
    let serves_api = matches!(role, Role::Embedded | Role::Api);
    let api = if serves_api { Some(listen(settings.listen, "--listen")?) } else { None };
    let metrics = listen(settings.metrics_listen, "--metrics-listen")?;
    telemetry::install(&settings.log)?;

    let embedded = role == Role::Embedded;
    let created = embedded && bring_up_to_date(settings)?.created;
    let base = Base::open(settings)?;
    let demonstration = if created { Some(demonstrate(&base).await?) } else { None };

    let mut process = Process::new(base, settings)?;
    let mut banner = Banner::new(demonstration, address_of(&metrics)?);
    if let Some(listener) = api {
        banner.api = Some(address_of(&listener)?);
        process.start_api(listener, settings)?;
    }
    process.start_metrics(metrics)?;
    if role != Role::Api {
        banner.partner = Some(process.start_worker(settings, embedded).await?);
    }
    if matches!(role, Role::Embedded | Role::Worker { scheduler: true }) {
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

    /// Starts the worker and, where no activation partner is named and one may be simulated, the simulator. Returns who
    /// is called.
    async fn start_worker(&mut self, settings: &Settings, simulate: bool) -> Result<String, StartError> {
        let (url, label) = match &settings.activation_partner_url {
            Some(url) => (url.clone(), url.clone()),
            None if simulate => {
                let url = self.start_simulator().await?;
                let label = format!("{url} (simulated: activates everything)");
                (url, label)
            }
            None => {
                let sentence =
                    "activation_partner_url (ACTIVATION_PARTNER_URL) must name the activation partner";
                return Err(StartError::Setting(sentence.into()));
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
        let simulator =
            Simulator::bind(address).await.map_err(|reason| StartError::Listen { address, reason })?;
        let url = format!("http://{}", simulator.local_addr());
        self.tasks.spawn_background("simulator", simulator.run(std::future::pending()));
        Ok(url)
    }

    fn start_schedule(&self) {
        const BACKLOG: Duration = Duration::from_secs(15);
        const HOUSEKEEPING: Duration = Duration::from_hours(1);
        let housekeeping = Arc::new(self.shared.base.housekeeping(self.shared.metrics.clone()));
        let backlog = housekeeping.clone();
        let stop = self.tasks.stop_signal();
        self.tasks.spawn(
            "backlog",
            every(BACKLOG, stop.clone(), move || {
                let backlog = backlog.clone();
                async move { note("measuring the backlog", backlog.measure_backlog().await) }
            }),
        );
        self.tasks.spawn(
            "housekeeping",
            every(HOUSEKEEPING, stop, move || {
                let housekeeping = housekeeping.clone();
                async move {
                    note("purging old records", housekeeping.purge().await);
                    note("checking the ledger", housekeeping.verify().await);
                }
            }),
        );
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

fn note<T>(job: &'static str, outcome: Result<T, StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(job, %error, "scheduled work failed; it comes again");
    }
}

fn server_error(error: &std::io::Error) -> StartError {
    StartError::Setup(format!("the HTTP server cannot start: {error}"))
}
