//! Activation partners that are not called, inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::activation_partner::{ActivationPartner, ActivationPause};

/// Keeps which activation partners are paused. The work list obeys from the commit on.
#[async_trait]
pub trait ActivationPauses {
    /// Adds a pause; false where the partner is paused already, which stays as it is.
    async fn pause_activation(&mut self, pause: &ActivationPause) -> Result<bool, StoreError>;

    /// Ends a partner's pause, which does not count against its open orders: their clocks move on as
    /// [`CallClock::after_pause`](crate::transaction::CallClock::after_pause) has it. False where there is none.
    async fn resume_activation(
        &mut self,
        partner: ActivationPartner,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError>;
}
