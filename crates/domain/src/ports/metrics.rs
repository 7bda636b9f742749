//! What is worth counting.

use std::time::Duration;

use time::OffsetDateTime;

use crate::activation_partner::ActivationPartner;
use crate::notice::{NoticeChannel, NoticeStatus};
use crate::partner::{AnswerKind, Step};
use crate::transaction::{Status, SubStatus};
use crate::webhook::delivery::DeliveryStatus;

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A unit of work was committed or given up.
    Batch {
        /// Which kind of unit: a closed set of names.
        name: &'static str,
        /// How many commands shared it.
        commands: usize,
        /// From begin to commit.
        took: Duration,
        /// Whether it was carried out; a unit that only refused or replayed was.
        carried_out: bool,
    },
    /// A command was turned away because its lane was full.
    Shed {
        /// Which kind of unit.
        name: &'static str,
    },
    /// An order was taken.
    OrderPlaced,
    /// An order was refused.
    OrderRefused,
    /// An order ended.
    OrderEnded {
        /// How.
        status: Status,
        /// From acceptance to the end.
        took: Duration,
    },
    /// An activation partner answered.
    PartnerCall {
        /// Who.
        partner: ActivationPartner,
        /// What was asked.
        step: Step,
        /// What was answered.
        answer: AnswerKind,
        /// How long it took.
        took: Duration,
    },
    /// A partner's request was turned away at the door.
    ApiKeyRefused {
        /// Why: a closed set of names.
        why: &'static str,
    },
    /// An activation partner has sent a report.
    CallbackReceived {
        /// What came of it: a closed set of names.
        outcome: &'static str,
    },
    /// A cache was asked.
    CacheLookup {
        /// Which one: a closed set of names.
        cache: &'static str,
        /// Whether it knew.
        hit: bool,
    },
    /// The orders that have not ended were looked at.
    OpenOrders {
        /// How they stand.
        sub_status: SubStatus,
        /// How many stand so.
        orders: u64,
        /// How long ago the oldest of them was placed.
        oldest: Duration,
    },
    /// What activation partners leave to people was looked at.
    PartnerBacklog {
        /// Incidents that wait for a person.
        incidents: u64,
        /// Open orders of activation partners that this process does not know: perhaps nobody works on them.
        unknown: u64,
    },
    /// A sender ended its claim on a notice, or gave the notice up.
    NoticeSettled {
        /// How it travels.
        channel: NoticeChannel,
        /// Where it then stands: queued again, or ended.
        status: NoticeStatus,
    },
    /// The work list of the senders was looked at.
    NoticeBacklog {
        /// Notices that have not ended.
        open: u64,
        /// How long the oldest of them has waited.
        oldest: Duration,
    },
    /// A sender ended its claim on a delivery to a webhook, or gave the delivery up.
    DeliverySettled {
        /// Where it then stands: queued again, or ended.
        status: DeliveryStatus,
    },
    /// The work list of the webhooks was looked at.
    DeliveryBacklog {
        /// Deliveries that have not ended.
        open: u64,
        /// How long the oldest of them has waited.
        oldest: Duration,
    },
    /// A server behind the program was asked whether it answers.
    Dependency {
        /// Which one: a closed set of names.
        name: &'static str,
        /// Whether it did.
        up: bool,
    },
    /// Orders were claimed.
    WorkListRead {
        /// Due orders that could not be read: they are worked on by nobody until somebody mends their rows.
        unreadable: usize,
    },
    /// What the last check of the whole ledger found.
    LedgerChecked {
        /// Rules broken; must be zero.
        differences: u64,
        /// When it ended, UTC.
        at: OffsetDateTime,
    },
    /// Scheduled work was done, or given up until its next turn.
    JobRan {
        /// Which: a closed set of names.
        name: &'static str,
        /// How long it took.
        took: Duration,
        /// When it was done, UTC; none where it failed.
        done_at: Option<OffsetDateTime>,
    },
}

/// Counts.
pub trait Metrics: Send + Sync {
    /// Counts one thing. Never blocks, never fails.
    fn record(&self, measure: Measure);
}
