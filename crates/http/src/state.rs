//! What requests share.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;
use offers_application::Services;
use offers_application::store_health::{Health, StoreHealth};
use prometheus::Registry;
use tokio::sync::watch;

use crate::error_code::ErrorCode;
use crate::limits::Limits;
use crate::problem::Problem;

/// Whether this process wants more work. Clones share one state.
#[derive(Clone)]
pub struct Readiness {
    health: Arc<StoreHealth>,
    draining: Arc<watch::Sender<bool>>,
}

impl Readiness {
    /// Ready as long as the store answers.
    pub fn new(health: Arc<StoreHealth>) -> Self {
        Self { health, draining: Arc::new(watch::Sender::new(false)) }
    }

    /// From now on `/readyz` answers 503, and clients that wait for a change get the present state.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Whether the process is stopping.
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Returns once the process is stopping.
    pub(crate) async fn drained(&self) {
        // The sender lives as long as this handle, so that waiting cannot fail.
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }

    /// What answers.
    pub(crate) async fn look(&self) -> Health {
        self.health.look().await
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("draining", &self.is_draining()).finish_non_exhaustive()
    }
}

/// What every request to the API may need.
#[derive(Clone)]
pub struct ApiState {
    /// The use cases and the reading side.
    pub services: Arc<Services>,
    /// How often clients may ask.
    pub limits: Limits,
    /// Whether the process wants more work.
    pub readiness: Readiness,
    /// Where requests are counted.
    pub registry: Registry,
    /// Whether the contract and its interactive page are shown.
    pub documentation: bool,
}

/// The state of the server that a request came to.
pub(crate) fn of(request: &HttpRequest) -> Result<&ApiState, Problem> {
    request
        .app_data::<Data<ApiState>>()
        .map(Data::get_ref)
        .ok_or_else(|| Problem::new(ErrorCode::InternalError))
}
