//! Logs: structured, to standard error, without secrets or personal data; and spans, to who collects them.

mod fields;
mod lines;
#[cfg(feature = "otlp")]
mod spans;
#[cfg(not(feature = "otlp"))]
#[path = "telemetry/no_spans.rs"]
mod spans;

use std::io::IsTerminal;

use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, registry};

use self::fields::JsonObject;
use self::lines::{Lines, Style};
pub(crate) use self::spans::Export;
use crate::StartError;
use crate::settings::{LogFormat, LogSection};

/// What is logged.
pub(crate) fn filter(settings: &LogSection) -> Result<EnvFilter, StartError> {
    EnvFilter::try_new(&settings.level)
        .map_err(|error| StartError::Setting(format!("log.level (OFFERS_LOG_LEVEL): {error}")))
}

/// Sends log lines to standard error from now on. What is returned must run for as long as the process.
pub(crate) fn install(settings: &LogSection) -> Result<Export, StartError> {
    let filter = filter(settings)?;
    let terminal = std::io::stderr().is_terminal();
    let style = match settings.format {
        LogFormat::Json => Style::Json,
        LogFormat::Auto if !terminal => Style::Json,
        LogFormat::Auto | LogFormat::Pretty => Style::Text { colours: terminal },
    };
    let (spans, export) = spans::to(settings.otlp_url.as_deref())?;
    let lines = fmt::layer().with_writer(Lines { style, end: std::io::stderr });
    let lines = match style {
        Style::Json => lines.json().flatten_event(true).with_span_list(false).fmt_fields(JsonObject).boxed(),
        Style::Text { colours } => lines.with_ansi(colours).boxed(),
    };
    let installed = registry().with(filter).with(lines).with(spans).try_init();
    installed.map_err(|error| StartError::Setup(format!("logging cannot be set up: {error}")))?;
    Ok(export)
}
