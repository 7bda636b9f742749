//! The two listeners: the API, and one for machines that watch it.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{App, Error};
use prometheus::Registry;
use tokio::net::TcpStream;

use crate::connection::{Connection, Patience, answering};
use crate::metrics::HttpMetrics;
use crate::middleware::{address, farewell, headers, observe, problems, request_id, trace};
use crate::routes::{self, API, MONITORING};
use crate::state::{ApiState, Readiness};
use crate::written_orders::WrittenOrders;

/// How a listener treats its clients.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Threads that serve requests.
    pub workers: usize,
    /// Connections that each of them keeps open; more wait to be accepted.
    pub max_connections: usize,
    /// How long an idle connection is kept open.
    pub keep_alive: Duration,
    /// How long the head of a request may take to arrive.
    pub head_timeout: Duration,
    /// How long a client may take to read what was written.
    pub write_timeout: Duration,
    /// How long a client may take to close a connection that has ended.
    pub disconnect_timeout: Duration,
    /// How long a connection may be used.
    pub connection_lifetime: Duration,
    /// How long a server that stops waits for requests that it has begun to answer.
    pub shutdown_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            workers: 2,
            max_connections: 4096,
            keep_alive: Duration::from_secs(5),
            head_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
            disconnect_timeout: Duration::from_secs(2),
            connection_lifetime: Duration::from_mins(5),
            shutdown_timeout: Duration::from_secs(25),
        }
    }
}

impl HttpSettings {
    fn patience(&self) -> Patience {
        Patience {
            head: self.head_timeout,
            idle: self.keep_alive,
            write: self.write_timeout,
            lifetime: self.connection_lifetime,
        }
    }
}

/// The API on `listener`. It runs while it is awaited, heeds no signals, and stops by its handle.
///
/// # Errors
/// When the listener cannot be used, or the registry counts requests already.
pub fn api_server(listener: TcpListener, state: ApiState, settings: &HttpSettings) -> io::Result<Server> {
    let metrics = HttpMetrics::try_new(&state.registry).map_err(io::Error::other)?;
    let written = Data::new(WrittenOrders::default());
    serve(listener, settings, move || api(&state, &metrics).app_data(written.clone()))
}

/// Metrics and probes on `listener`, by one thread.
///
/// # Errors
/// When the listener cannot be used.
pub fn metrics_server(listener: TcpListener, registry: Registry, readiness: Readiness) -> io::Result<Server> {
    let settings = HttpSettings { workers: 1, max_connections: 64, ..HttpSettings::default() };
    serve(listener, &settings, move || monitor(&registry, &readiness))
}

/// What answers the API's requests.
pub(crate) fn api(
    state: &ApiState,
    metrics: &HttpMetrics,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
    + use<>,
> {
    let (ids, counters) = (state.services.ids.clone(), metrics.clone());
    let tracing_ids = ids.clone();
    App::new()
        .app_data(Data::new(state.clone()))
        .app_data(Data::new(state.readiness.clone()))
        .app_data(Data::new(metrics.clone()))
        .configure(|config| routes::serve(API, config))
        .wrap(from_fn(address::bounded))
        .wrap(from_fn(farewell::said))
        .wrap(from_fn(headers::guarded))
        .wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
            observe::watched(counters.clone(), request, next)
        }))
        .wrap(from_fn(problems::written))
        .wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
            trace::joined(tracing_ids.clone(), request, next)
        }))
        .wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
            request_id::named(ids.clone(), request, next)
        }))
        .wrap(from_fn(answering))
}

/// What answers those who watch the process.
fn monitor(
    registry: &Registry,
    readiness: &Readiness,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
    + use<>,
> {
    App::new()
        .app_data(Data::new(registry.clone()))
        .app_data(Data::new(readiness.clone()))
        .configure(|config| routes::serve(MONITORING, config))
        .wrap(from_fn(headers::guarded))
        .wrap(from_fn(problems::written))
        .wrap(from_fn(answering))
}

/// Builds a server as the framework's own `HttpServer` does, but over [`Connection`]s.
fn serve<F, S>(listener: TcpListener, settings: &HttpSettings, app: F) -> io::Result<Server>
where
    F: Fn() -> App<S> + Send + Clone + 'static,
    S: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()>
        + 'static,
{
    let builder = ServerBuilder::new()
        .workers(settings.workers.clamp(1, 512))
        .max_concurrent_connections(settings.max_connections.max(1))
        .shutdown_timeout(settings.shutdown_timeout.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let settings = settings.clone();
    let builder = builder.listen("http", listener, move || {
        let stopping = stopping.clone();
        let patience = settings.patience();
        let app = app().into_factory().map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(settings.keep_alive)
            .client_request_timeout(settings.head_timeout)
            .client_disconnect_timeout(settings.disconnect_timeout)
            .on_connect_ext(|connection: &Connection, data| connection.introduce(data))
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| async move {
            // Answers are small: they are not held back to be joined with the next one.
            let _ = stream.set_nodelay(true);
            let peer = stream.peer_addr().ok();
            Ok::<_, DispatchError>((Connection::new(stream, patience), Protocol::Http1, peer))
        })
        .and_then(http)
    })?;
    Ok(builder.run())
}
