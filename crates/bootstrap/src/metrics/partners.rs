//! Partners: those who are called, and those who call.

use offers_domain::ports::Measure;
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

use super::book::{Book, SECONDS};
use super::gauge;

pub(super) struct PartnerMetrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
    callbacks: IntCounterVec,
    refused_keys: IntCounterVec,
    incidents: IntGaugeVec,
    unknown_orders: IntGaugeVec,
}

impl PartnerMetrics {
    pub(super) fn register(book: &Book<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            calls: book.counters(
                "offers_partner_calls_total",
                "Calls to activation partners, by what was answered.",
                &["partner", "step", "answer"],
            )?,
            seconds: book.histograms(
                "offers_partner_call_duration_seconds",
                "Calls to activation partners, the wait for a turn included.",
                &["partner", "step"],
                SECONDS,
            )?,
            callbacks: book.counters(
                "offers_activation_callbacks_total",
                "Reports of activation partners, by what came of them.",
                &["outcome"],
            )?,
            refused_keys: book.counters(
                "offers_partner_keys_refused_total",
                "Requests with an API key that was not let in, by reason.",
                &["reason"],
            )?,
            incidents: book.gauges(
                "offers_incidents_parked",
                "What activation partners said too late and a person has to deal with.",
                &[],
            )?,
            unknown_orders: book.gauges(
                "offers_orders_of_unknown_partners",
                "Open orders of activation partners that the settings do not name; must be 0.",
                &[],
            )?,
        })
    }

    pub(super) fn record(&self, measure: Measure) {
        match measure {
            Measure::PartnerCall { partner, step, answer, took } => {
                let (partner, step) = (partner.as_str(), step.as_str());
                self.calls.with_label_values(&[partner, step, answer.as_str()]).inc();
                self.seconds.with_label_values(&[partner, step]).observe(took.as_secs_f64());
            }
            Measure::CallbackReceived { outcome } => self.callbacks.with_label_values(&[outcome]).inc(),
            Measure::ApiKeyRefused { why } => self.refused_keys.with_label_values(&[why]).inc(),
            Measure::PartnerBacklog { incidents, unknown } => {
                self.incidents.with_label_values::<&str>(&[]).set(gauge(incidents));
                self.unknown_orders.with_label_values::<&str>(&[]).set(gauge(unknown));
            }
            _ => {}
        }
    }
}
