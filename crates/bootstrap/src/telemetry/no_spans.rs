//! A build without OpenTelemetry: spans are in the log alone.

use tracing_subscriber::layer::Identity;

use crate::StartError;

/// Nothing to send.
pub(crate) struct Export;

/// Refuses a collector that nothing would be sent to.
pub(super) fn to(collector: Option<&str>) -> Result<(Option<Identity>, Export), StartError> {
    match collector {
        None => Ok((None, Export)),
        Some(_) => Err(StartError::Setting(
            "log.otlp_url (OFFERS_LOG_OTLP_URL) needs a build with the feature otlp".into(),
        )),
    }
}

impl Export {
    /// Ends at once.
    #[expect(clippy::unused_self, reason = "a build with OpenTelemetry has something to end")]
    pub(crate) fn run(self) -> impl Future<Output = ()> {
        std::future::ready(())
    }
}
