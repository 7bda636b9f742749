//! Logs: structured, to standard error, without secrets or personal data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::StartError;
use crate::settings::{LogFormat, LogSection};

/// What is logged.
pub(crate) fn filter(settings: &LogSection) -> Result<EnvFilter, StartError> {
    EnvFilter::try_new(&settings.level)
        .map_err(|error| StartError::Setting(format!("log.level (OFFERS_LOG_LEVEL): {error}")))
}

/// Sends log lines to standard error from now on.
pub(crate) fn install(settings: &LogSection) -> Result<(), StartError> {
    let filter = filter(settings)?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let json = match settings.format {
        LogFormat::Auto => !terminal,
        LogFormat::Pretty => false,
        LogFormat::Json => true,
    };
    let installed = if json {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    } else {
        builder.with_ansi(terminal).try_init()
    };
    installed.map_err(|error| StartError::Setup(format!("logging cannot be set up: {error}")))
}
