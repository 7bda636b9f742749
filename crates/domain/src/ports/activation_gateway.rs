//! The external system that switches services on.

use async_trait::async_trait;

use crate::partner::{ActivationRequest, Answer};

/// Calls the activation partner. Every call carries the transaction's id as its idempotency key and has a deadline; what
/// goes wrong is an [`Answer`], never an error.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ActivationGateway: Send + Sync {
    /// Asks to switch the service on.
    async fn activate(&self, request: &ActivationRequest) -> Answer;

    /// Asks what became of the order.
    async fn query(&self, request: &ActivationRequest) -> Answer;

    /// Gives the order up. `Voided` means that it is not executed and never will be.
    async fn void(&self, request: &ActivationRequest) -> Answer;
}
