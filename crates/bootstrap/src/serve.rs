//! A serving process: open, announce, serve, stop.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};

use crate::backend::prepare_embedded;
use crate::banner::Banner;
use crate::commands::{demonstrate, has_demonstration_customers};
use crate::process::{Listeners, Process};
use crate::settings::Settings;
use crate::wiring::{Base, gateway};
use crate::{StartError, telemetry};

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
    check_partner(role, settings)?;
    // Ports first: a second start on the same folder must not touch the first one's data.
    let serves_api = matches!(role, Role::Embedded | Role::Api);
    let api = if serves_api { Some(listen(settings.listen, "--listen")?) } else { None };
    let metrics = listen(settings.metrics_listen, "--metrics-listen")?;
    telemetry::install(&settings.log)?;

    let embedded = role == Role::Embedded;
    let created = embedded && prepare_embedded(settings).await?;
    let (base, listener) = Base::open(settings).await?;
    let demonstration = if created { Some(demonstrate(&base).await?) } else { None };

    let has_customers = has_demonstration_customers(&base).await?;
    let mut process = Process::new(base, listener, settings)?;
    let mut banner = Banner::new(has_customers, demonstration, address_of(&metrics)?);
    let started = process.start(role, settings, Listeners { api, metrics }, &mut banner).await;
    let printed = match started {
        Ok(()) => banner.print(output),
        Err(error) => Err(error),
    };
    match printed {
        Ok(()) => process.until_stopped().await,
        Err(error) => {
            // What has started already must end, or the process would linger.
            process.stop().await?;
            Err(error)
        }
    }
}

/// A worker needs a partner that can be called; only the embedded default may simulate one.
fn check_partner(role: Role, settings: &Settings) -> Result<(), StartError> {
    match &settings.activation_partner_url {
        Some(url) => gateway(url, settings).map(drop),
        None if matches!(role, Role::Worker { .. }) => Err(StartError::Setting(
            "activation_partner_url (ACTIVATION_PARTNER_URL) must name the activation partner".into(),
        )),
        None => Ok(()),
    }
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

pub(crate) fn address_of(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::Setup(format!("a listener has no address: {error}")))
}
