//! Orders, and the units of work that carry them.

use offers_domain::ports::Measure;
use offers_domain::transaction::Status;
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

use super::book::{Book, SECONDS};
use super::gauge;

pub(super) struct OrderMetrics {
    batch_commands: HistogramVec,
    batch_seconds: HistogramVec,
    batch_failures: IntCounterVec,
    shed: IntCounterVec,
    placed: IntCounterVec,
    refused: IntCounterVec,
    ended: IntCounterVec,
    seconds: HistogramVec,
    open: IntGaugeVec,
    oldest: IntGaugeVec,
    unreadable: IntGaugeVec,
}

impl OrderMetrics {
    pub(super) fn register(book: &Book<'_>) -> prometheus::Result<Self> {
        let ended = book.counters("offers_orders_ended_total", "Orders that ended.", &["status"])?;
        for status in Status::ALL.iter().filter(|status| status.is_final()) {
            ended.with_label_values(&[status.as_str()]).reset();
        }
        let placed = book.counters("offers_orders_placed_total", "Orders that were taken.", &[])?;
        let refused = book.counters("offers_orders_refused_total", "Orders that were refused.", &[])?;
        for counter in [&placed, &refused] {
            counter.with_label_values::<&str>(&[]).reset();
        }
        Ok(Self {
            batch_commands: book.histograms(
                "offers_batch_commands",
                "Commands that shared a unit of work.",
                &["batch"],
                &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0],
            )?,
            batch_seconds: book.histograms(
                "offers_batch_duration_seconds",
                "Units of work, from begin to commit.",
                &["batch"],
                SECONDS,
            )?,
            batch_failures: book.counters(
                "offers_batch_failures_total",
                "Units of work that were given up.",
                &["batch"],
            )?,
            shed: book.counters(
                "offers_commands_shed_total",
                "Commands turned away because their lane was full.",
                &["batch"],
            )?,
            placed,
            refused,
            ended,
            seconds: book.histograms(
                "offers_order_duration_seconds",
                "Orders, from their acceptance to their end.",
                &[],
                &[0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0],
            )?,
            open: book.gauges(
                "offers_orders_open",
                "Orders that have not ended, by how they stand.",
                &["sub_status"],
            )?,
            oldest: book.gauges(
                "offers_oldest_open_order_age_seconds",
                "How long ago the oldest order that stands so was placed; 0 where there is none.",
                &["sub_status"],
            )?,
            unreadable: book.gauges(
                "offers_orders_unreadable",
                "Due orders that this worker could not read at its last look; must be 0.",
                &[],
            )?,
        })
    }

    pub(super) fn record(&self, measure: Measure) {
        match measure {
            Measure::Batch { name, commands, took, carried_out } => {
                let commands = f64::from(u32::try_from(commands).unwrap_or(u32::MAX));
                self.batch_commands.with_label_values(&[name]).observe(commands);
                self.batch_seconds.with_label_values(&[name]).observe(took.as_secs_f64());
                let failures = self.batch_failures.with_label_values(&[name]);
                failures.inc_by(u64::from(!carried_out));
                self.shed.with_label_values(&[name]).inc_by(0);
            }
            Measure::Shed { name } => self.shed.with_label_values(&[name]).inc(),
            Measure::OrderPlaced => self.placed.with_label_values::<&str>(&[]).inc(),
            Measure::OrderRefused => self.refused.with_label_values::<&str>(&[]).inc(),
            Measure::OrderEnded { status, took } => {
                self.ended.with_label_values(&[status.as_str()]).inc();
                self.seconds.with_label_values::<&str>(&[]).observe(took.as_secs_f64());
            }
            Measure::OpenOrders { sub_status, orders, oldest } => {
                let labels = [sub_status.as_str()];
                self.open.with_label_values(&labels).set(gauge(orders));
                self.oldest.with_label_values(&labels).set(gauge(oldest.as_secs()));
            }
            Measure::WorkListRead { unreadable } => {
                self.unreadable.with_label_values::<&str>(&[]).set(gauge(unreadable));
            }
            _ => {}
        }
    }
}
