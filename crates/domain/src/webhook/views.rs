//! What is shown of endpoints and their deliveries.

use time::{Duration, OffsetDateTime};

use super::delivery::{Delivery, DeliveryStatus};
use super::endpoint::Owner;
use crate::ids::EventId;

/// Which endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WebhookFilter {
    /// Whose; everybody's where none.
    pub owner: Option<Owner>,
}

/// Which deliveries of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Where they stand.
    pub status: Option<DeliveryStatus>,
}

/// One attempt of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    /// Its number.
    pub number: u32,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, in a few words of ours.
    pub error: Option<String>,
    /// When it began, UTC.
    pub started_at: OffsetDateTime,
    /// How long it took, in whole milliseconds.
    pub took: Duration,
}

/// A delivery with its attempts, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFile {
    /// The delivery.
    pub delivery: Delivery,
    /// Every attempt that is known.
    pub attempts: Vec<AttemptView>,
}

/// Which events are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOf {
    /// This one.
    Event(EventId),
    /// Those of a time.
    Between {
        /// From then on, UTC.
        from: OffsetDateTime,
        /// Before then, UTC.
        to: OffsetDateTime,
        /// Those after this one.
        after: Option<EventId>,
    },
}

/// How many events a replay looks at, at most, for each that it may queue: one that wants few of many is done in pieces, each
/// as short as others are.
pub const REPLAY_LOOKS: usize = 10;

/// What was queued again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// How many deliveries; those that had not ended stay as they are and are not counted.
    pub queued: usize,
    /// The last event that was looked at: one that the endpoint wants to know of, unless there may be more behind it.
    pub last: Option<EventId>,
    /// Whether there may be more.
    pub has_more: bool,
}
