//! A question to a server of ours, as a container's health check asks it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::StartError;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the server that listens on this address wants work; an error where none answers.
pub(crate) async fn ready(listener: SocketAddr) -> Result<bool, StartError> {
    let address = local(listener);
    let failed = |error: reqwest::Error| {
        let reason = if error.is_timeout() { "it does not answer in time" } else { "nothing answers there" };
        StartError::Unwell(format!("no server is ready on {address}: {reason}"))
    };
    // reqwest takes the process's provider and panics without one. An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .timeout(PATIENCE)
        .build()
        .map_err(|error| StartError::Setup(format!("the HTTP client cannot be built: {error}")))?;
    let answer = client.get(format!("http://{address}/readyz/")).send().await.map_err(failed)?;
    Ok(answer.status().is_success())
}

/// Whoever listens everywhere is asked here.
fn local(listener: SocketAddr) -> SocketAddr {
    let ip = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listener.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_asked_on_this_machine() {
        for (listener, asked) in
            [("0.0.0.0:8000", "127.0.0.1:8000"), ("[::]:8000", "[::1]:8000"), ("10.0.0.7:80", "10.0.0.7:80")]
        {
            assert_eq!(local(listener.parse().unwrap()).to_string(), asked);
        }
    }
}
