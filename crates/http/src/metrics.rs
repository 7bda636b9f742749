//! Counts of requests, by matched route: a closed set of labels.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

use crate::error_code::ErrorCode;

/// Bounds of the duration histogram, in seconds: up to the longest wait for a change.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 35.0];

/// The counters.
#[derive(Clone)]
pub(crate) struct HttpMetrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    problems: IntCounterVec,
    panics: IntCounter,
}

/// A request that is being answered, until it is dropped.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
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
        let in_flight = IntGauge::new(
            "offers_http_requests_in_flight",
            "Requests that are being answered, those that wait for a change included.",
        )?;
        let problems = IntCounterVec::new(
            Opts::new("offers_http_problems_total", "Errors that were answered, by code."),
            &["route", "code"],
        )?;
        let panics = IntCounter::new("offers_http_panics_total", "Requests whose handler panicked.")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        registry.register(Box::new(problems.clone()))?;
        registry.register(Box::new(panics.clone()))?;
        Ok(Self { requests, durations, in_flight, problems, panics })
    }

    /// Counts a request as under way.
    pub(crate) fn begun(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts one error.
    pub(crate) fn refused(&self, route: &str, code: ErrorCode) {
        self.problems.with_label_values(&[route, code.as_str()]).inc();
    }

    /// Counts one answer.
    pub(crate) fn answered(&self, method: &str, route: &str, status: &str, took: Duration) {
        self.requests.with_label_values(&[method, route, status]).inc();
        let durations: Histogram = self.durations.with_label_values(&[method, route]);
        durations.observe(took.as_secs_f64());
    }

    /// Counts one panic.
    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }
}
