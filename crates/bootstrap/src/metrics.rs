//! The metrics port, on a Prometheus registry.

use offers_domain::ports::{Measure, Metrics};
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

use crate::StartError;

/// What is worth counting, by Prometheus' naming conventions; label sets are closed.
pub(crate) struct PrometheusMetrics {
    batch_commands: HistogramVec,
    batch_seconds: HistogramVec,
    batch_failures: IntCounterVec,
    shed: IntCounterVec,
    placed: IntCounter,
    refused: IntCounter,
    ended: IntCounterVec,
    order_seconds: Histogram,
    partners: PartnerMetrics,
    dependency_up: IntGaugeVec,
    open: IntGauge,
    parked: IntGauge,
    oldest_seconds: IntGauge,
    unreadable: IntGauge,
    violations: IntGauge,
    notices: NoticeMetrics,
    webhooks: WebhookMetrics,
}

/// What is counted of partners: of those who are called, and of those who call.
struct PartnerMetrics {
    calls: IntCounterVec,
    seconds: HistogramVec,
    callbacks: IntCounterVec,
    refused_keys: IntCounterVec,
    incidents: IntGauge,
    unknown_orders: IntGauge,
}

impl PartnerMetrics {
    fn register(registry: &Registry, buckets: &[f64]) -> prometheus::Result<Self> {
        let seconds =
            HistogramOpts::new("offers_partner_call_duration_seconds", "Calls to the activation partner.");
        let metrics = Self {
            calls: IntCounterVec::new(
                Opts::new("offers_partner_calls_total", "Calls to the activation partner."),
                &["step", "answer"],
            )?,
            seconds: HistogramVec::new(seconds.buckets(buckets.to_vec()), &["step"])?,
            callbacks: IntCounterVec::new(
                Opts::new("offers_activation_callbacks_total", "Reports of activation partners."),
                &["outcome"],
            )?,
            refused_keys: IntCounterVec::new(
                Opts::new(
                    "offers_partner_keys_refused_total",
                    "Requests with an API key that was not let in, by reason.",
                ),
                &["reason"],
            )?,
            incidents: IntGauge::new(
                "offers_incidents_parked",
                "What activation partners said too late and a person has to deal with.",
            )?,
            unknown_orders: IntGauge::new(
                "offers_orders_of_unknown_partners",
                "Open orders of activation partners that the settings do not name; must be 0.",
            )?,
        };
        registry.register(Box::new(metrics.incidents.clone()))?;
        registry.register(Box::new(metrics.unknown_orders.clone()))?;
        registry.register(Box::new(metrics.refused_keys.clone()))?;
        registry.register(Box::new(metrics.calls.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.callbacks.clone()))?;
        Ok(metrics)
    }
}

/// What is counted of sending events.
struct WebhookMetrics {
    settled: IntCounterVec,
    open: IntGauge,
    oldest_seconds: IntGauge,
}

/// What is counted of telling customers.
struct NoticeMetrics {
    settled: IntCounterVec,
    open: IntGauge,
    oldest_seconds: IntGauge,
}

impl PrometheusMetrics {
    pub(crate) fn try_new(registry: &Registry) -> Result<Self, StartError> {
        Self::register(registry)
            .map_err(|error| StartError::Setup(format!("metrics cannot be set up: {error}")))
    }

    fn register(registry: &Registry) -> prometheus::Result<Self> {
        const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            HistogramOpts::new(name, help).buckets(buckets.to_vec())
        };
        let metrics = Self {
            batch_commands: HistogramVec::new(
                histogram(
                    "offers_batch_commands",
                    "Commands that shared a unit of work.",
                    &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0],
                ),
                &["batch"],
            )?,
            batch_seconds: HistogramVec::new(
                histogram("offers_batch_duration_seconds", "From begin to commit.", &SECONDS),
                &["batch"],
            )?,
            batch_failures: IntCounterVec::new(
                Opts::new("offers_batch_failures_total", "Units of work that were given up."),
                &["batch"],
            )?,
            shed: IntCounterVec::new(
                Opts::new("offers_commands_shed_total", "Commands turned away because their lane was full."),
                &["batch"],
            )?,
            placed: IntCounter::new("offers_orders_placed_total", "Orders taken.")?,
            refused: IntCounter::new("offers_orders_refused_total", "Orders refused.")?,
            ended: IntCounterVec::new(Opts::new("offers_orders_ended_total", "Orders ended."), &["status"])?,
            order_seconds: Histogram::with_opts(histogram(
                "offers_order_duration_seconds",
                "From an order's acceptance to its end.",
                &[0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0],
            ))?,
            dependency_up: IntGaugeVec::new(
                Opts::new("offers_dependency_up", "Whether a server behind the program answers: 1 or 0."),
                &["dependency"],
            )?,
            open: IntGauge::new("offers_orders_open", "Orders that have not ended.")?,
            parked: IntGauge::new("offers_orders_parked", "Orders that wait for a person.")?,
            oldest_seconds: IntGauge::new(
                "offers_oldest_open_order_age_seconds",
                "How long the oldest open order has waited.",
            )?,
            unreadable: IntGauge::new(
                "offers_orders_unreadable",
                "Due orders that this worker could not read at its last look; must be 0.",
            )?,
            violations: IntGauge::new(
                "offers_ledger_differences",
                "Ledger rules broken at the last check; must be 0.",
            )?,
            partners: PartnerMetrics::register(registry, &SECONDS)?,
            notices: NoticeMetrics::register(registry)?,
            webhooks: WebhookMetrics::register(registry)?,
        };
        metrics.add_to(registry)?;
        Ok(metrics)
    }

    fn add_to(&self, registry: &Registry) -> prometheus::Result<()> {
        registry.register(Box::new(self.batch_commands.clone()))?;
        registry.register(Box::new(self.batch_seconds.clone()))?;
        registry.register(Box::new(self.batch_failures.clone()))?;
        registry.register(Box::new(self.shed.clone()))?;
        registry.register(Box::new(self.placed.clone()))?;
        registry.register(Box::new(self.refused.clone()))?;
        registry.register(Box::new(self.ended.clone()))?;
        registry.register(Box::new(self.order_seconds.clone()))?;
        registry.register(Box::new(self.dependency_up.clone()))?;
        for gauge in [&self.open, &self.parked, &self.oldest_seconds, &self.unreadable, &self.violations] {
            registry.register(Box::new(gauge.clone()))?;
        }
        Ok(())
    }
}

impl NoticeMetrics {
    fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            settled: IntCounterVec::new(
                Opts::new(
                    "offers_notices_settled_total",
                    "Attempts to tell a customer, by where they left the notice.",
                ),
                &["channel", "status"],
            )?,
            open: IntGauge::new("offers_notices_open", "Notices that have not been sent.")?,
            oldest_seconds: IntGauge::new(
                "offers_oldest_open_notice_age_seconds",
                "How long the oldest notice has waited.",
            )?,
        };
        registry.register(Box::new(metrics.settled.clone()))?;
        registry.register(Box::new(metrics.open.clone()))?;
        registry.register(Box::new(metrics.oldest_seconds.clone()))?;
        Ok(metrics)
    }
}

impl WebhookMetrics {
    fn register(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            settled: IntCounterVec::new(
                Opts::new(
                    "offers_webhook_deliveries_settled_total",
                    "Attempts to deliver an event, by where they left the delivery.",
                ),
                &["status"],
            )?,
            open: IntGauge::new("offers_webhook_deliveries_open", "Deliveries that have not ended.")?,
            oldest_seconds: IntGauge::new(
                "offers_oldest_open_webhook_delivery_age_seconds",
                "How long the oldest delivery has waited.",
            )?,
        };
        registry.register(Box::new(metrics.settled.clone()))?;
        registry.register(Box::new(metrics.open.clone()))?;
        registry.register(Box::new(metrics.oldest_seconds.clone()))?;
        Ok(metrics)
    }
}

impl Metrics for PrometheusMetrics {
    fn record(&self, measure: Measure) {
        match measure {
            Measure::Batch { name, commands, took, carried_out } => {
                let commands = f64::from(u32::try_from(commands).unwrap_or(u32::MAX));
                self.batch_commands.with_label_values(&[name]).observe(commands);
                self.batch_seconds.with_label_values(&[name]).observe(took.as_secs_f64());
                if !carried_out {
                    self.batch_failures.with_label_values(&[name]).inc();
                }
            }
            Measure::Shed { name } => self.shed.with_label_values(&[name]).inc(),
            Measure::OrderPlaced => self.placed.inc(),
            Measure::OrderRefused => self.refused.inc(),
            Measure::OrderEnded { status, took } => {
                self.ended.with_label_values(&[status.as_str()]).inc();
                self.order_seconds.observe(took.as_secs_f64());
            }
            Measure::PartnerCall { step, answer, took } => {
                self.partners.calls.with_label_values(&[step.as_str(), answer.as_str()]).inc();
                self.partners.seconds.with_label_values(&[step.as_str()]).observe(took.as_secs_f64());
            }
            Measure::ApiKeyRefused { why } => self.partners.refused_keys.with_label_values(&[why]).inc(),
            Measure::CallbackReceived { outcome } => {
                self.partners.callbacks.with_label_values(&[outcome]).inc();
            }
            Measure::Backlog { open, parked, oldest, incidents, unknown } => {
                self.open.set(gauge(open));
                self.parked.set(gauge(parked));
                self.partners.incidents.set(gauge(incidents));
                self.partners.unknown_orders.set(gauge(unknown));
                self.oldest_seconds.set(gauge(oldest.as_secs()));
            }
            Measure::NoticeSettled { channel, status } => {
                self.notices.settled.with_label_values(&[channel.as_str(), status.as_str()]).inc();
            }
            Measure::NoticeBacklog { open, oldest } => {
                self.notices.open.set(gauge(open));
                self.notices.oldest_seconds.set(gauge(oldest.as_secs()));
            }
            Measure::DeliverySettled { status } => {
                self.webhooks.settled.with_label_values(&[status.as_str()]).inc();
            }
            Measure::DeliveryBacklog { open, oldest } => {
                self.webhooks.open.set(gauge(open));
                self.webhooks.oldest_seconds.set(gauge(oldest.as_secs()));
            }
            Measure::Dependency { name, up } => {
                self.dependency_up.with_label_values(&[name]).set(i64::from(up));
            }
            Measure::WorkListRead { unreadable } => self.unreadable.set(gauge(unreadable)),
            Measure::LedgerChecked { differences } => self.violations.set(gauge(differences)),
        }
    }
}

fn gauge(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
