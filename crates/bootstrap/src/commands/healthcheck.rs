//! `offers healthcheck`: for containers, which ask a program rather than an address.

use std::io::Write;

use super::say;
use crate::settings::Settings;
use crate::{StartError, probe};

/// Asks `/readyz` of the server on this machine; fails where none wants work. A worker has the listener of metrics and
/// probes alone.
pub async fn healthcheck(
    settings: &Settings,
    worker: bool,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    let listener = if worker { settings.metrics_listen } else { settings.listen };
    if probe::ready(listener).await? {
        say(output, "ready")
    } else {
        Err(StartError::Unwell(format!("the server on {listener} is not ready")))
    }
}
