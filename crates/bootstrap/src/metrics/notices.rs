//! Telling customers.

use offers_domain::notice::{NoticeChannel, NoticeStatus};
use offers_domain::ports::Measure;
use prometheus::{IntCounterVec, IntGaugeVec};

use super::book::Book;
use super::gauge;

pub(super) struct NoticeMetrics {
    settled: IntCounterVec,
    open: IntGaugeVec,
    oldest: IntGaugeVec,
}

impl NoticeMetrics {
    pub(super) fn register(book: &Book<'_>) -> prometheus::Result<Self> {
        let settled = book.counters(
            "offers_notices_settled_total",
            "Attempts to tell a customer, by where they left the notice.",
            &["channel", "status"],
        )?;
        for channel in NoticeChannel::ALL {
            for status in NoticeStatus::ALL {
                settled.with_label_values(&[channel.as_str(), status.as_str()]).reset();
            }
        }
        Ok(Self {
            settled,
            open: book.gauges("offers_notices_open", "Notices that have not been sent.", &[])?,
            oldest: book.gauges(
                "offers_oldest_open_notice_age_seconds",
                "How long the oldest notice has waited; 0 where there is none.",
                &[],
            )?,
        })
    }

    pub(super) fn record(&self, measure: Measure) {
        match measure {
            Measure::NoticeSettled { channel, status } => {
                self.settled.with_label_values(&[channel.as_str(), status.as_str()]).inc();
            }
            Measure::NoticeBacklog { open, oldest } => {
                self.open.with_label_values::<&str>(&[]).set(gauge(open));
                self.oldest.with_label_values::<&str>(&[]).set(gauge(oldest.as_secs()));
            }
            _ => {}
        }
    }
}
