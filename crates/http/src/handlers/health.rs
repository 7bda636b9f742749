//! Probes and metrics, for machines that run the server.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use offers_domain::ports::StoreError;
use prometheus::{Registry, TextEncoder};
use serde::Serialize;
use tokio::time::timeout;

use crate::error_code::ErrorCode;
use crate::problem::Problem;
use crate::state::Readiness;

/// How long the store may take to answer a probe.
const PING_WITHIN: Duration = Duration::from_secs(1);

/// How the process is.
#[derive(Debug, Serialize)]
pub(crate) struct HealthBody {
    status: &'static str,
}

/// The process runs.
pub(crate) async fn livez() -> Json<HealthBody> {
    Json(HealthBody { status: "alive" })
}

/// The process wants work and its store answers.
pub(crate) async fn readyz(readiness: Data<Readiness>) -> Result<Json<HealthBody>, Problem> {
    let unready = |detail: &'static str| Problem::new(ErrorCode::ServiceUnavailable).detail(detail);
    if readiness.is_draining() {
        return Err(unready("The server is stopping."));
    }
    let ping = timeout(PING_WITHIN, readiness.ping()).await;
    match ping.unwrap_or_else(|_| Err(StoreError::Unavailable("no answer to a ping".into()))) {
        Ok(()) => Ok(Json(HealthBody { status: "ready" })),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(unready("The store does not answer."))
        }
    }
}

/// Every metric of the process, in Prometheus' text format.
pub(crate) async fn metrics(registry: Data<Registry>) -> Result<HttpResponse, Problem> {
    let text = TextEncoder::new().encode_to_string(&registry.gather()).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::new(ErrorCode::InternalError)
    })?;
    Ok(HttpResponse::Ok().content_type(prometheus::TEXT_FORMAT).body(text))
}
