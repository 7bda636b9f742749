//! What is read off the running parts when somebody asks for the metrics.

use std::sync::{Arc, Mutex, PoisonError};

use offers_domain::ports::{Level, Levels};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGaugeVec, Opts, Registry};

use super::{gauge, setup};
use crate::StartError;

/// Gauges of every part that is watched. Clones share the parts.
#[derive(Clone)]
pub(crate) struct LevelMetrics {
    parts: Arc<Mutex<Vec<Arc<dyn Levels>>>>,
    gauges: Gauges,
}

#[derive(Clone)]
struct Gauges {
    pool_size: IntGaugeVec,
    pool_in_use: IntGaugeVec,
    pool_waiting: IntGaugeVec,
    calls_limit: IntGaugeVec,
    calls_in_flight: IntGaugeVec,
    partner_circuit: IntGaugeVec,
    cache_circuit: IntGaugeVec,
    folder_free: IntGaugeVec,
    folder_size: IntGaugeVec,
}

impl Gauges {
    fn try_new() -> prometheus::Result<Self> {
        let gauges =
            |name: &str, help: &str, labels: &[&str]| IntGaugeVec::new(Opts::new(name, help), labels);
        Ok(Self {
            pool_size: gauges("offers_pool_size", "Connections that a pool may have.", &["pool"])?,
            pool_in_use: gauges("offers_pool_in_use", "Connections of a pool that are lent out.", &["pool"])?,
            pool_waiting: gauges(
                "offers_pool_waiting",
                "Callers who wait for a connection of a pool.",
                &["pool"],
            )?,
            calls_limit: gauges(
                "offers_partner_calls_limit",
                "Calls to an activation partner that this process makes at once, at most.",
                &["partner"],
            )?,
            calls_in_flight: gauges(
                "offers_partner_calls_in_flight",
                "Calls to an activation partner that are under way.",
                &["partner"],
            )?,
            partner_circuit: gauges(
                "offers_partner_circuit_open",
                "Whether an activation partner is left alone because it keeps failing: 1 or 0.",
                &["partner"],
            )?,
            cache_circuit: gauges(
                "offers_shared_cache_circuit_open",
                "Whether the shared cache is left alone because it keeps failing: 1 or 0.",
                &[],
            )?,
            folder_free: gauges(
                "offers_data_dir_free_bytes",
                "Room that is left on the file system of the data folder.",
                &[],
            )?,
            folder_size: gauges(
                "offers_data_dir_size_bytes",
                "Size of the file system of the data folder.",
                &[],
            )?,
        })
    }

    fn all(&self) -> [&IntGaugeVec; 9] {
        [
            &self.pool_size,
            &self.pool_in_use,
            &self.pool_waiting,
            &self.calls_limit,
            &self.calls_in_flight,
            &self.partner_circuit,
            &self.cache_circuit,
            &self.folder_free,
            &self.folder_size,
        ]
    }

    fn show(&self, level: Level) {
        match level {
            Level::Pool { name, size, in_use, waiting } => {
                self.pool_size.with_label_values(&[name]).set(gauge(size));
                self.pool_in_use.with_label_values(&[name]).set(gauge(in_use));
                self.pool_waiting.with_label_values(&[name]).set(gauge(waiting));
            }
            Level::PartnerCalls { partner, limit, under_way, circuit_open } => {
                let labels = [partner.as_str()];
                self.calls_limit.with_label_values(&labels).set(gauge(limit));
                self.calls_in_flight.with_label_values(&labels).set(gauge(under_way));
                self.partner_circuit.with_label_values(&labels).set(i64::from(circuit_open));
            }
            Level::SharedCache { circuit_open } => {
                self.cache_circuit.with_label_values::<&str>(&[]).set(i64::from(circuit_open));
            }
            Level::Folder { free_bytes, size_bytes } => {
                self.folder_free.with_label_values::<&str>(&[]).set(gauge(free_bytes));
                self.folder_size.with_label_values::<&str>(&[]).set(gauge(size_bytes));
            }
        }
    }
}

impl LevelMetrics {
    /// Watches nothing yet.
    pub(crate) fn try_new(registry: &Registry) -> Result<Self, StartError> {
        Self::register(registry).map_err(|error| setup(&error))
    }

    fn register(registry: &Registry) -> prometheus::Result<Self> {
        let levels = Self { parts: Arc::default(), gauges: Gauges::try_new()? };
        registry.register(Box::new(levels.clone()))?;
        Ok(levels)
    }

    /// Reads this part, too, from now on.
    pub(crate) fn watch(&self, part: Arc<dyn Levels>) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }
}

impl Collector for LevelMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.iter().flat_map(|part| part.levels()).for_each(|level| self.gauges.show(level));
        self.gauges.all().into_iter().flat_map(Collector::collect).collect()
    }
}
