//! Webhooks: what happened, told to whoever registered an address for it.
//!
//! Whoever ends an order or changes a subscription adds [`Happening`]s in the same unit of work:
//!
//! ```text
//! unit.record_events(&writes.events, now)
//! ```
//!
//! An [`event`](mod@event) is written once and never changes; each [`endpoint`] that listens gets a [`delivery`] of its own,
//! which is its own job. Where nobody listens, nothing is written. See ADR 0020.

pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod secret;
pub mod views;

pub use delivery::{Delivery, DeliveryPolicy};
pub use endpoint::{Owner, Webhook};
pub use event::{Event, EventKind, EventKinds, Happening};
pub use secret::Secret;
