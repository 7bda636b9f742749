//! A serving process: open, announce, serve, stop.

use std::future::pending;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::activation::{check_open_orders, gateways};
use crate::backend::prepare_embedded;
use crate::banner::Banner;
use crate::commands::{demonstrate, has_demonstration_customers};
use crate::embedded::{FirstStart, ServingRight};
use crate::process::{Listeners, Process};
use crate::settings::{Database, Settings};
use crate::wiring::Base;
use crate::{StartError, telemetry};

/// What a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API, worker and scheduler in one process: a new embedded store is migrated and filled, and the activation partner of
    /// an embedded store is simulated where none is named.
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
    check_key(role, settings)?;
    // Ports first: a second start on the same folder must not touch the first one's data.
    let serves_api = matches!(role, Role::Embedded | Role::Api);
    let api = if serves_api { Some(listen(settings.listen, "--listen")?) } else { None };
    let metrics = listen(settings.metrics_listen, "--metrics-listen")?;
    let export = telemetry::install(&settings.log)?;

    let _right = if serves_api { Some(ServingRight::take(settings)?) } else { None };

    let first_start = if role == Role::Embedded { FirstStart::begin(settings)? } else { None };
    if role == Role::Embedded {
        prepare_embedded(settings).await?;
    }
    let (base, listener) = Base::open(settings).await?;
    if role != Role::Api {
        check_open_orders(&base, settings).await?;
    }
    let mut process = Process::new(base.clone(), listener, settings)?;
    process.export_spans(export);
    let mut banner = Banner::new(address_of(&metrics)?);
    let listeners = Listeners { api, metrics };
    let started = async {
        // Before anything is filled in: a key that cannot be used must not cost anybody a password.
        process.start(role, settings, listeners, &mut banner).await?;
        if first_start.is_some() {
            banner.demonstration = Some(demonstrate(&base).await?);
        }
        banner.customers = has_demonstration_customers(&base).await?;
        let stop = stop_requested();
        banner.print(output)?;
        first_start.map_or(Ok(()), FirstStart::finish)?;
        Ok(stop)
    };
    match started.await {
        Ok(stop) => process.until_stopped(stop, Settings::duration(settings.http.drain_ms)).await,
        Err(error) => {
            // What has started already must end, or the process would linger.
            if let Err(also) = process.stop(Duration::ZERO).await {
                tracing::warn!(error = %also, "what had started did not end well");
            }
            Err(error)
        }
    }
}

/// An order that a simulator activates is money taken for nothing: only the embedded default simulates without being told
/// to, and a worker never does.
fn check_partner(role: Role, settings: &Settings) -> Result<(), StartError> {
    if let Some(url) = &settings.activation_partner_url {
        return gateways(url, settings).map(drop);
    }
    let shared = matches!(settings.database()?, Database::Postgres(_));
    let remedy = match role {
        Role::Worker { .. } => "",
        Role::Embedded if shared && !settings.partner.simulate => {
            "; to try this program out, simulate it: `offers serve --simulate-partner`"
        }
        Role::Embedded | Role::Api => return Ok(()),
    };
    Err(StartError::Setting(format!(
        "activation_partner_url (ACTIVATION_PARTNER_URL) must name the activation partner{remedy}"
    )))
}

/// API processes on one database must sign with one key; a key made by each for itself would be worth nothing at the next.
fn check_key(role: Role, settings: &Settings) -> Result<(), StartError> {
    let shared = matches!(settings.database()?, Database::Postgres(_));
    if role == Role::Api && shared && settings.secret_key.is_none() {
        return Err(StartError::Setting(
            "secret_key (SECRET_KEY) must be the same for every API process".into(),
        ));
    }
    Ok(())
}

/// Ends when the process is asked to stop. It watches from this call on, not from the first poll: whoever has been told
/// that the process serves may ask at once.
pub(crate) fn stop_requested() -> impl Future<Output = ()> {
    let (terminate, interrupt) = (signalled(SignalKind::terminate()), signalled(SignalKind::interrupt()));
    async move {
        tokio::select! {
            () = terminate => {}
            () = interrupt => {}
        }
    }
}

fn signalled(kind: SignalKind) -> impl Future<Output = ()> {
    let watched = signal(kind);
    async move {
        match watched {
            Ok(mut watched) => {
                let _ = watched.recv().await;
            }
            Err(error) => {
                let number = kind.as_raw_value();
                tracing::warn!(%error, signal = number, "a signal cannot be watched; it would end this process at once");
                pending::<()>().await;
            }
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

#[cfg(test)]
mod tests {
    use std::process::{Command, id};

    use super::*;

    #[tokio::test]
    async fn a_stop_that_is_asked_for_before_anybody_waits_for_it_is_heard() {
        let stop = stop_requested();
        assert!(Command::new("kill").args(["-TERM", &id().to_string()]).status().unwrap().success());
        stop.await;
    }
}
