//! What is worth counting.

use std::time::Duration;

use crate::notice::{NoticeChannel, NoticeStatus};
use crate::partner::{AnswerKind, Step};
use crate::transaction::Status;
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
    /// The activation partner answered.
    PartnerCall {
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
    /// The work list was looked at.
    Backlog {
        /// Orders that have not ended.
        open: u64,
        /// Orders that wait for a person.
        parked: u64,
        /// How long the oldest open order has waited.
        oldest: Duration,
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
    /// The ledger was checked.
    LedgerChecked {
        /// Rules broken; must be zero.
        differences: usize,
    },
}

/// Counts.
pub trait Metrics: Send + Sync {
    /// Counts one thing. Never blocks, never fails.
    fn record(&self, measure: Measure);
}
