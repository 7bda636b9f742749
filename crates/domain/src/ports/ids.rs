//! New ids and randomness.

use uuid::Uuid;

use crate::ids::{SessionId, TransactionId};
use crate::partner_channel::reference::Reference;
use crate::retry::Jitter;

/// Makes what nobody can foresee.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A UUIDv7, later than the ones before it in this process.
    fn transaction_id(&self) -> TransactionId;

    /// A random session id.
    fn session_id(&self) -> SessionId;

    /// A random UUID: request ids and token ids.
    fn random_uuid(&self) -> Uuid;

    /// A random public reference of a partner's order.
    fn reference(&self) -> Reference;

    /// Randomness for a retry's delay.
    fn jitter(&self) -> Jitter;
}
