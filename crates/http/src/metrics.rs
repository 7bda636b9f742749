//! Counts of requests, by matched route: a closed set of labels.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

/// Bounds of the duration histogram, in seconds: up to the longest wait for a change.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 35.0];

/// The counters.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    panics: IntCounter,
}

impl HttpMetrics {
    pub(crate) fn try_new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("offers_http_requests_total", "Requests that were answered."),
            &["method", "route", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "offers_http_request_duration_seconds",
                "Time from a request's head to its answer.",
            )
            .buckets(BUCKETS.to_vec()),
            &["method", "route"],
        )?;
        let panics = IntCounter::new("offers_http_panics_total", "Requests whose handler panicked.")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(panics.clone()))?;
        Ok(Self { requests, durations, panics })
    }

    /// Counts one answer.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        let durations: Histogram = self.durations.with_label_values(&[method, route]);
        durations.observe(took.as_secs_f64());
    }

    /// Counts one panic.
    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }
}
