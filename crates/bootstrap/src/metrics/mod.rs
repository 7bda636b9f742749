//! What is counted of a process, on a Prometheus registry. `docs/metrics.md` lists every metric, and a test compares.

mod book;
mod levels;
mod notices;
mod orders;
mod partners;
mod upkeep;
mod webhooks;

use offers_domain::ports::{Measure, Metrics};
use prometheus::Registry;
use prometheus::process_collector::ProcessCollector;

use self::book::Book;
pub(crate) use self::levels::LevelMetrics;
use self::notices::NoticeMetrics;
use self::orders::OrderMetrics;
use self::partners::PartnerMetrics;
use self::upkeep::UpkeepMetrics;
use self::webhooks::WebhookMetrics;
use crate::StartError;

/// The metrics port: label sets are closed. What a process never measures it does not show, so that an alert can tell
/// nothing from zero.
pub(crate) struct PrometheusMetrics {
    orders: OrderMetrics,
    partners: PartnerMetrics,
    notices: NoticeMetrics,
    upkeep: UpkeepMetrics,
    webhooks: WebhookMetrics,
}

impl PrometheusMetrics {
    /// Counts on this registry, which counts nothing yet.
    pub(crate) fn try_new(registry: &Registry) -> Result<Self, StartError> {
        Self::register(&Book(registry)).map_err(|error| setup(&error))
    }

    fn register(book: &Book<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            orders: OrderMetrics::register(book)?,
            partners: PartnerMetrics::register(book)?,
            notices: NoticeMetrics::register(book)?,
            upkeep: UpkeepMetrics::register(book)?,
            webhooks: WebhookMetrics::register(book)?,
        })
    }
}

impl Metrics for PrometheusMetrics {
    fn record(&self, measure: Measure) {
        match measure {
            Measure::Batch { .. }
            | Measure::Shed { .. }
            | Measure::OrderPlaced
            | Measure::OrderRefused
            | Measure::OrderEnded { .. }
            | Measure::OpenOrders { .. }
            | Measure::WorkListRead { .. } => self.orders.record(measure),
            Measure::PartnerCall { .. }
            | Measure::CallbackReceived { .. }
            | Measure::ApiKeyRefused { .. }
            | Measure::PartnerBacklog { .. } => self.partners.record(measure),
            Measure::NoticeSettled { .. } | Measure::NoticeBacklog { .. } => self.notices.record(measure),
            Measure::DeliverySettled { .. } | Measure::DeliveryBacklog { .. } => {
                self.webhooks.record(measure);
            }
            Measure::CacheLookup { .. }
            | Measure::Dependency { .. }
            | Measure::LedgerChecked { .. }
            | Measure::JobRan { .. } => self.upkeep.record(measure),
        }
    }
}

/// A registry that tells which program this is, and what it costs the machine.
pub(crate) fn registry() -> Result<Registry, StartError> {
    let registry = Registry::new();
    let describe = || {
        let build =
            Book(&registry).gauges("offers_build_info", "Always 1: which program this is.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        registry.register(Box::new(ProcessCollector::for_self()))
    };
    describe().map_err(|error| setup(&error))?;
    Ok(registry)
}

fn setup(error: &prometheus::Error) -> StartError {
    StartError::Setup(format!("metrics cannot be set up: {error}"))
}

fn gauge(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
