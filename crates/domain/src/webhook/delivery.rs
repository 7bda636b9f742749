//! The life of a delivery: one event on its way to one endpoint.
//!
//! ```text
//! queued ──claim──▶ sending ──accepted──▶ delivered
//!   ▲                │    │
//!   └── failed, or ──┘    └── gone, or tried for days ──▶ failed
//!       the lease ended
//! ```
//!
//! A delivery is claimed before it is sent, and one of which nobody knows whether it arrived is sent again under the same
//! id: at least once. What becomes of it never touches money or orders.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::event::Event;
use super::secret::Secret;
use crate::ids::{DeliveryId, WebhookId};
use crate::retry::{Jitter, doubled};

string_enum!(
    /// Where a delivery stands.
    DeliveryStatus {
        /// Waiting for its turn.
        Queued => "queued",
        /// Being sent.
        Sending => "sending",
        /// The receiver has it. Final, unless it is replayed.
        Delivered => "delivered",
        /// Given up. Final, unless it is replayed.
        Failed => "failed",
    }
);

/// How long, how often and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// How long a sender holds a delivery. Longer than one attempt may take.
    pub lease: Duration,
    /// Ceiling of the first retry's full-jitter delay; doubles with each.
    pub backoff_base: Duration,
    /// Highest ceiling of a retry's delay.
    pub backoff_cap: Duration,
    /// Longest `Retry-After` that is honoured.
    pub retry_after_cap: Duration,
    /// How long after it was queued a delivery is still tried.
    pub give_up_after: Duration,
    /// How long an endpoint may deliver nothing before it is disabled.
    pub disable_after: Duration,
    /// After how many rounds without a delivery a whole endpoint is left alone for a while.
    pub patience: u32,
    /// Highest ceiling of that while.
    pub rest_cap: Duration,
    /// How many deliveries to one endpoint are under way at once.
    pub per_webhook: usize,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self {
            lease: Duration::seconds(60),
            backoff_base: Duration::seconds(5),
            backoff_cap: Duration::hours(4),
            retry_after_cap: Duration::hours(1),
            give_up_after: Duration::hours(72),
            disable_after: Duration::hours(72),
            patience: 5,
            rest_cap: Duration::minutes(10),
            per_webhook: 8,
        }
    }
}

/// What became of an attempt. There is no error beside it: a failure is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has it.
    Accepted {
        /// The HTTP status, from 200 to 299.
        status: u16,
    },
    /// The receiver wants nothing more, ever: 410.
    Gone,
    /// It may or may not have arrived; another time, then.
    Failed {
        /// The HTTP status, if there was an answer.
        status: Option<u16>,
        /// What went wrong, in a few words of ours: nothing that the receiver said.
        error: String,
        /// When the receiver wants to be asked again.
        retry_after: Option<Duration>,
    },
}

impl Answer {
    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Accepted { status } => Some(*status),
            Self::Gone => Some(410),
            Self::Failed { status, .. } => *status,
        }
    }

    /// What went wrong.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } => None,
            Self::Gone => Some("the receiver is gone"),
            Self::Failed { error, .. } => Some(error),
        }
    }

    /// When the receiver wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Failed { retry_after, .. } = self { *retry_after } else { None }
    }
}

/// One attempt, as it is kept for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The claim's fencing number.
    pub number: u32,
    /// What became of it.
    pub answer: Answer,
    /// When it began, UTC.
    pub started_at: OffsetDateTime,
    /// How long it took.
    pub took: Duration,
}

/// Where a delivery stands, with the data that only this state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waiting for its turn.
    Queued {
        /// From when on it may be sent.
        due: OffsetDateTime,
    },
    /// A sender has it.
    Sending {
        /// How long.
        until: OffsetDateTime,
    },
    /// The receiver has it.
    Delivered,
    /// Given up.
    Failed,
}

/// The state of a delivery, as stores keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryParts {
    /// Its id.
    pub id: DeliveryId,
    /// To which endpoint.
    pub webhook: WebhookId,
    /// What is told.
    pub event: Event,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often a sender has taken it: the fencing number of settlements.
    pub attempt: u32,
    /// How often since it was queued.
    pub tries: u32,
    /// Why the last attempt did not deliver it.
    pub reason: Option<String>,
    /// When it was queued, the last time, UTC.
    pub queued_at: OffsetDateTime,
    /// When it last changed, UTC.
    pub updated_at: OffsetDateTime,
}

/// A step that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DeliveryTransition {
    /// It is not due yet, a sender has it, or it has ended.
    #[error("the delivery is not due")]
    NotDue,
    /// The sender's claim is over.
    #[error("the claim is over")]
    StaleClaim,
}

/// What a claim leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryClaim {
    /// The sender sends it.
    Send,
    /// It is given up instead.
    GivenUp,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery(DeliveryParts);

impl Delivery {
    /// Takes the state that a store kept.
    pub fn from_parts(parts: DeliveryParts) -> Self {
        Self(parts)
    }

    /// The state, as stores keep it.
    pub fn parts(&self) -> &DeliveryParts {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> DeliveryId {
        self.0.id
    }

    /// The state's name.
    pub fn status(&self) -> DeliveryStatus {
        match self.0.state {
            DeliveryState::Queued { .. } => DeliveryStatus::Queued,
            DeliveryState::Sending { .. } => DeliveryStatus::Sending,
            DeliveryState::Delivered => DeliveryStatus::Delivered,
            DeliveryState::Failed => DeliveryStatus::Failed,
        }
    }

    /// From when on it is work; while it is being sent, when its lease ends.
    pub fn due_at(&self) -> Option<OffsetDateTime> {
        match self.0.state {
            DeliveryState::Queued { due: at } | DeliveryState::Sending { until: at } => Some(at),
            DeliveryState::Delivered | DeliveryState::Failed => None,
        }
    }

    /// A sender takes it, also from one that vanished with it.
    pub fn claim(
        &mut self,
        now: OffsetDateTime,
        policy: &DeliveryPolicy,
    ) -> Result<DeliveryClaim, DeliveryTransition> {
        match self.0.state {
            DeliveryState::Queued { due: at } | DeliveryState::Sending { until: at } if at <= now => {}
            _ => return Err(DeliveryTransition::NotDue),
        }
        if now >= self.gives_up_at(policy) {
            self.0.reason.get_or_insert_with(|| "it waited too long".into());
            self.change(DeliveryState::Failed, now);
            return Ok(DeliveryClaim::GivenUp);
        }
        self.0.attempt = self.0.attempt.saturating_add(1);
        self.0.tries = self.0.tries.saturating_add(1);
        self.change(DeliveryState::Sending { until: now.saturating_add(policy.lease) }, now);
        Ok(DeliveryClaim::Send)
    }

    /// Ends the claim with what became of it.
    pub fn settle(
        &mut self,
        attempt: u32,
        answer: &Answer,
        policy: &DeliveryPolicy,
        now: OffsetDateTime,
        jitter: Jitter,
    ) -> Result<(), DeliveryTransition> {
        self.check_claim(attempt)?;
        let state = match answer {
            Answer::Accepted { .. } => DeliveryState::Delivered,
            Answer::Gone => DeliveryState::Failed,
            Answer::Failed { .. } => {
                let ceiling =
                    doubled(policy.backoff_base, self.0.tries.saturating_sub(1), policy.backoff_cap);
                let asked = answer.retry_after().unwrap_or_default().min(policy.retry_after_cap);
                let due = now.saturating_add(jitter.of(ceiling).max(asked));
                if due < self.gives_up_at(policy) {
                    DeliveryState::Queued { due }
                } else {
                    DeliveryState::Failed
                }
            }
        };
        self.0.reason = answer.error().map(str::to_owned);
        self.change(state, now);
        Ok(())
    }

    /// Ends the claim of a sender that stops before it has begun to send.
    pub fn give_back(&mut self, attempt: u32, now: OffsetDateTime) -> Result<(), DeliveryTransition> {
        self.check_claim(attempt)?;
        self.0.tries = self.0.tries.saturating_sub(1);
        self.change(DeliveryState::Queued { due: now }, now);
        Ok(())
    }

    fn check_claim(&self, attempt: u32) -> Result<(), DeliveryTransition> {
        match self.0.state {
            DeliveryState::Sending { .. } if self.0.attempt == attempt => Ok(()),
            _ => Err(DeliveryTransition::StaleClaim),
        }
    }

    fn gives_up_at(&self, policy: &DeliveryPolicy) -> OffsetDateTime {
        self.0.queued_at.saturating_add(policy.give_up_after)
    }

    fn change(&mut self, state: DeliveryState, now: OffsetDateTime) {
        self.0.state = state;
        self.0.updated_at = now;
    }
}

/// What is sent: an event with everything that its envelope needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where to.
    pub url: String,
    /// What is told.
    pub event: Event,
    /// What signs it, the newest first.
    pub secrets: Vec<Secret>,
    /// When it is sent, UTC: what the receiver compares with its own clock.
    pub at: OffsetDateTime,
}
