//! Telling partners and operators.

use offers_domain::ports::Measure;
use offers_domain::webhook::delivery::DeliveryStatus;
use prometheus::{IntCounterVec, IntGaugeVec};

use super::book::Book;
use super::gauge;

pub(super) struct WebhookMetrics {
    settled: IntCounterVec,
    open: IntGaugeVec,
    oldest: IntGaugeVec,
}

impl WebhookMetrics {
    pub(super) fn register(book: &Book<'_>) -> prometheus::Result<Self> {
        let settled = book.counters(
            "offers_webhook_deliveries_settled_total",
            "Attempts to deliver an event, by where they left the delivery.",
            &["status"],
        )?;
        for status in DeliveryStatus::ALL {
            settled.with_label_values(&[status.as_str()]).reset();
        }
        Ok(Self {
            settled,
            open: book.gauges("offers_webhook_deliveries_open", "Deliveries that have not ended.", &[])?,
            oldest: book.gauges(
                "offers_oldest_open_webhook_delivery_age_seconds",
                "How long the oldest delivery has waited; 0 where there is none.",
                &[],
            )?,
        })
    }

    pub(super) fn record(&self, measure: Measure) {
        match measure {
            Measure::DeliverySettled { status } => self.settled.with_label_values(&[status.as_str()]).inc(),
            Measure::DeliveryBacklog { open, oldest } => {
                self.open.with_label_values::<&str>(&[]).set(gauge(open));
                self.oldest.with_label_values::<&str>(&[]).set(gauge(oldest.as_secs()));
            }
            _ => {}
        }
    }
}
