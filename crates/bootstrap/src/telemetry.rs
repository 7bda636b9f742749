//! Logs: structured, to standard error, without secrets or personal data.

mod lines;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use self::lines::{Lines, Style};
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
    let style = match settings.format {
        LogFormat::Json => Style::Json,
        LogFormat::Auto if !terminal => Style::Json,
        LogFormat::Auto | LogFormat::Pretty => Style::Text { colours: terminal },
    };
    let lines = Lines { style, end: std::io::stderr };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    let installed = match style {
        Style::Json => builder.json().flatten_event(true).with_span_list(false).try_init(),
        Style::Text { colours } => builder.with_ansi(colours).try_init(),
    };
    installed.map_err(|error| StartError::Setup(format!("logging cannot be set up: {error}")))
}
