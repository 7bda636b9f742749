//! Logs: structured, to standard error, without secrets or personal data; and spans, to who collects them.

mod fields;
mod lines;
#[cfg(feature = "otlp")]
mod spans;
#[cfg(not(feature = "otlp"))]
#[path = "telemetry/no_spans.rs"]
mod spans;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::PanicHookInfo;

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

/// Sends log lines to standard error from now on, panics among them. What is returned must run for as long as the process.
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
    std::panic::set_hook(Box::new(log_panic));
    Ok(export)
}

/// A panic is a line like every other, not the plain text of Rust's runtime between them.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(place, error = panic.payload_as_str(), backtrace, "panicked");
}

#[cfg(test)]
mod tests {
    use std::panic::{catch_unwind, set_hook, take_hook};
    use std::sync::Arc;

    use serde_json::Value;
    use tracing::subscriber::with_default;

    use super::*;

    #[test]
    fn a_panic_is_one_line_with_its_place_and_its_words() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let end = Arc::new(file.reopen().unwrap());
        let log = fmt().json().flatten_event(true).with_writer(end).finish();
        let before = take_hook();
        set_hook(Box::new(log_panic));
        let outcome = with_default(log, || catch_unwind(|| panic!("on\npurpose")));
        set_hook(before);

        assert!(outcome.is_err());
        let line: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&"ERROR".into(), &"panicked".into()));
        assert_eq!(line["error"], "on\npurpose");
        assert!(line["place"].as_str().unwrap().contains("telemetry.rs:"), "{line}");
    }
}
