//! `offers simulate-partner`: the programmable activation partner as a process.

use std::io::Write;
use std::net::SocketAddr;

use offers_simulator::Simulator;

use super::say;
use crate::StartError;
use crate::serve::stop_requested;

/// Where it listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:8090";

/// Serves until it is told to stop.
pub async fn simulate_partner(listen: Option<&str>, output: &mut dyn Write) -> Result<(), StartError> {
    let listen: SocketAddr = listen
        .unwrap_or(LISTEN)
        .parse()
        .map_err(|_| StartError::Setting("--listen must be an address such as 127.0.0.1:8090".into()))?;
    let simulator = Simulator::bind(listen).await.map_err(|reason| match reason.kind() {
        std::io::ErrorKind::AddrInUse => StartError::AddressInUse { address: listen, flag: "--listen" },
        _ => StartError::Listen { address: listen, reason },
    })?;
    let stop = stop_requested();
    say(output, &format!("the simulated activation partner listens on http://{}", simulator.local_addr()))?;
    simulator.run(stop).await;
    Ok(())
}
