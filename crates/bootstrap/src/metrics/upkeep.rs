//! What the program stands on, and what it does by the clock.

use offers_domain::ports::Measure;
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec};

use super::book::Book;
use super::gauge;

pub(super) struct UpkeepMetrics {
    dependency_up: IntGaugeVec,
    cache_lookups: IntCounterVec,
    job_seconds: HistogramVec,
    job_failures: IntCounterVec,
    job_done: IntGaugeVec,
    ledger_differences: IntGaugeVec,
    ledger_checked: IntGaugeVec,
}

impl UpkeepMetrics {
    pub(super) fn register(book: &Book<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            dependency_up: book.gauges(
                "offers_dependency_up",
                "Whether a server behind the program answers: 1 or 0.",
                &["dependency"],
            )?,
            cache_lookups: book.counters(
                "offers_cache_lookups_total",
                "Questions to a cache, by whether it knew.",
                &["cache", "result"],
            )?,
            job_seconds: book.histograms(
                "offers_job_duration_seconds",
                "Scheduled work.",
                &["work"],
                &[0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3600.0],
            )?,
            job_failures: book.counters(
                "offers_job_failures_total",
                "Scheduled work that failed; it comes again.",
                &["work"],
            )?,
            job_done: book.gauges(
                "offers_job_last_success_timestamp_seconds",
                "When this process last did the work, as Unix time.",
                &["work"],
            )?,
            ledger_differences: book.gauges(
                "offers_ledger_differences",
                "Ledger rules that the last check of the database found broken; must be 0.",
                &[],
            )?,
            ledger_checked: book.gauges(
                "offers_ledger_last_check_timestamp_seconds",
                "When the last check of the database ended, whoever made it, as Unix time.",
                &[],
            )?,
        })
    }

    pub(super) fn record(&self, measure: Measure) {
        match measure {
            Measure::Dependency { name, up } => {
                self.dependency_up.with_label_values(&[name]).set(i64::from(up));
            }
            Measure::CacheLookup { cache, hit } => {
                let result = if hit { "hit" } else { "miss" };
                self.cache_lookups.with_label_values(&[cache, result]).inc();
            }
            Measure::JobRan { name, took, done_at } => {
                self.job_seconds.with_label_values(&[name]).observe(took.as_secs_f64());
                let failures = self.job_failures.with_label_values(&[name]);
                match done_at {
                    Some(at) => self.job_done.with_label_values(&[name]).set(at.unix_timestamp()),
                    None => failures.inc(),
                }
            }
            Measure::LedgerChecked { differences, at } => {
                self.ledger_differences.with_label_values::<&str>(&[]).set(gauge(differences));
                self.ledger_checked.with_label_values::<&str>(&[]).set(at.unix_timestamp());
            }
            _ => {}
        }
    }
}
