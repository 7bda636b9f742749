//! One span and one count for each request, and a log line for each that is not a routine read. Paths appear as matched route, never as they were sent; tokens
//! and people never appear.

use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::middleware::Next;
use offers_domain::audit::RequestId;
use offers_domain::trace::TraceContext;
use tracing::Instrument;
use tracing::field::Empty;

use super::trace::Parent;
use super::{Answer, problems};
use crate::error_code::ErrorCode;
use crate::metrics::HttpMetrics;
use crate::routes::Matched;

/// Watches a request from its head to its answer.
pub(crate) async fn watched(metrics: HttpMetrics, request: ServiceRequest, next: Next<BoxBody>) -> Answer {
    let started = Instant::now();
    let in_flight = metrics.begun();
    let method = label(request.method());
    let id = request.extensions().get::<RequestId>().cloned();
    let trace = request.extensions().get::<TraceContext>().copied();
    let parent = request.extensions().get::<Parent>().copied();
    let span = tracing::info_span!(
        "http.request",
        request.id = id.as_ref().map_or("", RequestId::as_str),
        trace.id = trace.map(|trace| display(trace.trace_id())),
        span.id = trace.map(|trace| display(trace.span_id())),
        parent.id = parent.map(|Parent(step)| display(step)),
        http.method = method,
        http.route = Empty,
        http.status = Empty,
    );
    let response = next.call(request).instrument(span.clone()).await?;
    let route = response.request().app_data::<Matched>().map_or("unmatched", |matched| matched.0);
    let (status, took) = (response.status(), started.elapsed());
    metrics.answered(method, route, status.as_str(), took);
    let status = status.as_u16();
    drop(in_flight);
    let code = problems::of(&response).map(|problem| problem.code());
    if let Some(code) = code {
        metrics.refused(route, code);
    }
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    // A read that went well is a count; whatever writes or goes wrong is a line.
    if matches!(method, "GET" | "HEAD") && status < 400 {
        span.in_scope(|| {
            tracing::debug!(http.route = route, http.status = status, duration_ms, "request answered");
        });
    } else {
        span.record("http.route", route).record("http.status", status);
        let code = code.map(ErrorCode::as_str);
        span.in_scope(|| tracing::info!(duration_ms, code, "request answered"));
    }
    Ok(response)
}

/// A closed set of names, because clients may send any.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
