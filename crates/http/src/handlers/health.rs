//! Probes and metrics, for machines that run the server.

use actix_web::web::{Data, Json};
use offers_application::store_health::Health;
use prometheus::{Registry, TextEncoder};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::Plain;
use crate::error_code::ErrorCode;
use crate::problem::Problem;
use crate::state::Readiness;

/// How the process is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HealthBody {
    status: &'static str,
    /// What does not answer and is done without.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing: &'static [&'static str],
}

/// The process runs.
pub(crate) async fn livez() -> Json<HealthBody> {
    Json(HealthBody { status: "alive", missing: &[] })
}

/// The process wants work and its store answers; that the shared cache does not is only said.
pub(crate) async fn readyz(readiness: Data<Readiness>) -> Result<Json<HealthBody>, Problem> {
    let unready = |detail: &'static str| Problem::new(ErrorCode::ServiceUnavailable).detail(detail);
    if readiness.is_draining() {
        return Err(unready("The server is stopping."));
    }
    match readiness.look().await {
        Health::Good => Ok(Json(HealthBody { status: "ready", missing: &[] })),
        Health::WithoutSharedCache => Ok(Json(HealthBody { status: "degraded", missing: &["shared_cache"] })),
        Health::WithoutStore => Err(unready("The store does not answer.")),
    }
}

/// Every metric of the process, in Prometheus' text format.
pub(crate) async fn metrics(registry: Data<Registry>) -> Result<Plain, Problem> {
    let text = TextEncoder::new().encode_to_string(&registry.gather()).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::new(ErrorCode::InternalError)
    })?;
    Ok(Plain { media_type: prometheus::TEXT_FORMAT, text })
}
