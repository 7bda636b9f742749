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

    /// One step towards the end of a partner's pause, which does not count against its open orders: moves the clocks of
    /// the next `limit` orders or so, as [`CallClock::after_pause`](crate::transaction::CallClock::after_pause) has it,
    /// to the instant at which the resumption was asked for, the same in all of its steps. The step after which no order is
    /// left ends the pause. Where an earlier resumption was cut off, its way is gone to the end first and then that from
    /// its instant to this one, so that every clock is moved by the whole pause and once.
    async fn resume_activation(
        &mut self,
        partner: ActivationPartner,
        limit: usize,
        asked_at: OffsetDateTime,
    ) -> Result<Resumption, StoreError>;
}

/// How far a resumption is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumption {
    /// The partner is not paused.
    NotPaused,
    /// There are more orders to move; the partner is still paused.
    Unfinished,
    /// The pause is over.
    Ended,
}
