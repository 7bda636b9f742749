//! Transactions: one order each, and the row that is its own job.
//!
//! ```text
//! PENDING ──claim──▶ PROCESSING ──confirmed──▶ SUCCESS
//!                     │  ▲   │
//!       wait, release └──┘   └──refused, voided──▶ FAILED + refund
//! ```

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::activation_partner::ActivationPartner;
use crate::ids::{AccountId, OfferId, TransactionId, UserId, UserOfferId};
use crate::money::Amount;
use crate::partner::{ActivationRequest, Step};
use crate::trace::TraceContext;
use crate::user_offer::UserOfferRef;

mod by_hand;
mod clock;

pub use self::clock::CallClock;
pub use crate::status::{Channel, FailureKind, Phase, Status, SubStatus, TransactionKind};

/// Why an order failed, for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stable code.
    pub kind: FailureKind,
    /// A sentence.
    pub message: String,
}

/// When a worker may take the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// From this instant on.
    Due(OffsetDateTime),
    /// A worker has it; others may take it when the lease ends.
    LeasedUntil(OffsetDateTime),
    /// Never: a person has to decide.
    Parked,
}

/// The state of an order, with the data that only this state has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Paid, never claimed.
    Pending {
        /// From when on it is work.
        due: OffsetDateTime,
    },
    /// Claimed at least once.
    Processing {
        /// Where it stands.
        phase: Phase,
        /// When it is work again.
        schedule: Schedule,
    },
    /// The service is on.
    Success {
        /// Since when, UTC.
        at: OffsetDateTime,
    },
    /// The service is not on and the money is back.
    Failed {
        /// Since when, UTC.
        at: OffsetDateTime,
        /// Why.
        failure: Failure,
    },
}

/// What was ordered. Never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Who gets the service.
    pub user: UserId,
    /// The offer.
    pub offer: OfferId,
    /// The account that was charged, and that a refund returns to.
    pub account: AccountId,
    /// The price at the time of the order.
    pub amount: Amount,
    /// The period at the time of the order, in days.
    pub duration_days: u32,
    /// Who ordered.
    pub channel: Channel,
    /// The subscription that this order extends; none for a purchase.
    pub renews: Option<UserOfferId>,
    /// Whether it took one of a stock, which it gives back where it fails.
    pub from_stock: bool,
    /// Who switches the service on.
    pub activated_by: ActivationPartner,
    /// The place of the request that ordered in its trace; none where no request ordered, as in every renewal by itself.
    pub trace: Option<TraceContext>,
}

impl Order {
    /// The subscription that success switches on or extends, for the order with this id.
    pub fn user_offer(&self, id: TransactionId) -> UserOfferRef {
        self.renews.map_or(UserOfferRef::OpenedBy(id), UserOfferRef::Existing)
    }

    /// Whether it extends a subscription that renews itself, without anybody having asked.
    pub fn is_by_itself(&self) -> bool {
        self.renews.is_some() && self.channel == Channel::Customer && self.trace.is_none()
    }

    /// What the activation partner is asked for, for the order with this id.
    pub fn request(&self, id: TransactionId) -> ActivationRequest {
        ActivationRequest {
            partner: self.activated_by,
            transaction: id,
            user: self.user,
            offer: self.offer,
            amount: self.amount,
            duration_days: self.duration_days,
            trace: self.trace.unwrap_or_else(|| TraceContext::of_order(id)),
        }
    }
}

/// The state of a transaction, as stores keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionParts {
    /// Its id.
    pub id: TransactionId,
    /// What was ordered.
    pub order: Order,
    /// Where it stands.
    pub state: State,
    /// The activation partner's reference, once known.
    pub reference: Option<String>,
    /// How often a worker has claimed it: the fencing number of settlements.
    pub attempt: u32,
    /// How often in a row a worker vanished with it.
    pub lost_leases: u32,
    /// Grows by one with each transition.
    pub version: u32,
    /// The time of its calls; none before the first.
    pub clock: Option<CallClock>,
    /// When it was ordered, UTC.
    pub created_at: OffsetDateTime,
    /// When it last changed, UTC.
    pub updated_at: OffsetDateTime,
}

/// A step that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TransitionError {
    /// The order has ended.
    #[error("the order has ended")]
    Final,
    /// It is not due yet, or a worker has it.
    #[error("the order is not due")]
    NotDue,
    /// The worker's claim is over: another worker has claimed since.
    #[error("the claim is over")]
    StaleClaim,
    /// Nobody has been asked to decide about it.
    #[error("the order does not wait for a person")]
    NotParked,
}

/// What a claim leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// The worker makes this call.
    Call(Step),
    /// Too many workers vanished with this order; a person has to look.
    Parked,
}

/// One order and its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction(TransactionParts);

impl Transaction {
    /// A new order: PENDING, due at once.
    pub fn place(id: TransactionId, order: Order, now: OffsetDateTime) -> Self {
        Self(TransactionParts {
            id,
            order,
            state: State::Pending { due: now },
            reference: None,
            attempt: 0,
            lost_leases: 0,
            version: 1,
            clock: None,
            created_at: now,
            updated_at: now,
        })
    }

    /// Takes the state that a store kept.
    pub fn from_parts(parts: TransactionParts) -> Self {
        Self(parts)
    }

    /// The state, as stores keep it.
    pub fn parts(&self) -> &TransactionParts {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> TransactionId {
        self.0.id
    }

    /// What was ordered.
    pub fn order(&self) -> &Order {
        &self.0.order
    }

    /// The fencing number of the current claim.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// What the order is for.
    pub fn kind(&self) -> TransactionKind {
        self.0.order.renews.map_or(TransactionKind::Purchase, |_| TransactionKind::Renewal)
    }

    /// What every client sees.
    pub fn status(&self) -> Status {
        match self.0.state {
            State::Pending { .. } => Status::Pending,
            State::Processing { .. } => Status::Processing,
            State::Success { .. } => Status::Success,
            State::Failed { .. } => Status::Failed,
        }
    }

    /// The finer story.
    pub fn sub_status(&self) -> SubStatus {
        match &self.0.state {
            State::Pending { .. } => SubStatus::Queued,
            State::Processing { phase, .. } => match phase {
                Phase::Calling => SubStatus::Calling,
                Phase::RetryScheduled => SubStatus::RetryScheduled,
                Phase::PartnerPending => SubStatus::PartnerPending,
                Phase::Unknown => SubStatus::Unknown,
                Phase::Reconciling => SubStatus::Reconciling,
                Phase::NeedsAttention => SubStatus::NeedsAttention,
            },
            State::Success { .. } => SubStatus::Confirmed,
            State::Failed { failure, .. } => match failure.kind {
                FailureKind::Refused => SubStatus::Refused,
                FailureKind::Unavailable => SubStatus::Voided,
            },
        }
    }

    /// The subscription that success switches on or extends.
    pub fn user_offer(&self) -> UserOfferRef {
        self.0.order.user_offer(self.0.id)
    }

    /// From when on a worker may take it; none where it has ended or is parked.
    pub fn due_at(&self) -> Option<OffsetDateTime> {
        match self.0.state {
            State::Pending { due } => Some(due),
            State::Processing { schedule: Schedule::Due(at) | Schedule::LeasedUntil(at), .. } => Some(at),
            State::Processing { schedule: Schedule::Parked, .. }
            | State::Success { .. }
            | State::Failed { .. } => None,
        }
    }

    /// What the activation partner is asked for.
    pub fn request(&self) -> ActivationRequest {
        self.0.order.request(self.0.id)
    }

    /// A worker takes the order for `lease`. The attempt is counted before any call, so that a worker which dies leaves a
    /// trace; a call that may have been made by a worker that vanished is asked about, never repeated blindly.
    pub fn claim(
        &mut self,
        now: OffsetDateTime,
        lease: Duration,
        max_lost_leases: u32,
    ) -> Result<ClaimOutcome, TransitionError> {
        let (phase, lost) = match self.0.state {
            State::Pending { due } if due <= now => (None, false),
            State::Processing { phase, schedule: Schedule::Due(due) } if due <= now => (Some(phase), false),
            State::Processing { phase, schedule: Schedule::LeasedUntil(until) } if until <= now => {
                (Some(phase), true)
            }
            State::Pending { .. } | State::Processing { .. } => return Err(TransitionError::NotDue),
            State::Success { .. } | State::Failed { .. } => return Err(TransitionError::Final),
        };
        self.0.lost_leases = if lost { self.0.lost_leases.saturating_add(1) } else { self.0.lost_leases };
        if self.0.lost_leases >= max_lost_leases {
            let state = State::Processing { phase: Phase::NeedsAttention, schedule: Schedule::Parked };
            self.change(state, now);
            return Ok(ClaimOutcome::Parked);
        }
        let (step, phase) = match phase {
            None | Some(Phase::RetryScheduled) => (Step::Activate, Phase::Calling),
            Some(Phase::Calling) => (Step::Query, Phase::Unknown),
            Some(waiting) => (Step::Query, waiting),
        };
        self.0.attempt = self.0.attempt.saturating_add(1);
        self.0.clock.get_or_insert(CallClock::start(now));
        let schedule = Schedule::LeasedUntil(now.saturating_add(lease));
        self.change(State::Processing { phase, schedule }, now);
        Ok(ClaimOutcome::Call(step))
    }

    /// The activation partner has spoken of its own accord: whoever holds the order loses it, and what follows is settled
    /// under the number that is returned. An order that nobody has called for yet cannot be meant.
    pub fn take_over(&mut self, now: OffsetDateTime) -> Result<u32, TransitionError> {
        match self.0.state {
            State::Processing { phase, .. } => {
                self.0.attempt = self.0.attempt.saturating_add(1);
                self.0.state = State::Processing { phase, schedule: Schedule::LeasedUntil(now) };
                Ok(self.0.attempt)
            }
            State::Pending { .. } => Err(TransitionError::NotDue),
            State::Success { .. } | State::Failed { .. } => Err(TransitionError::Final),
        }
    }

    /// Checks that the claim with this fencing number still holds.
    pub fn check_claim(&self, attempt: u32) -> Result<(), TransitionError> {
        match self.0.state {
            State::Processing { schedule: Schedule::LeasedUntil(_), .. } if self.0.attempt == attempt => {
                Ok(())
            }
            State::Success { .. } | State::Failed { .. } => Err(TransitionError::Final),
            State::Pending { .. } | State::Processing { .. } => Err(TransitionError::StaleClaim),
        }
    }

    /// Ends the claim: the service is on.
    pub fn succeed(
        &mut self,
        attempt: u32,
        reference: String,
        now: OffsetDateTime,
    ) -> Result<(), TransitionError> {
        self.check_claim(attempt)?;
        self.0.reference = Some(reference);
        self.change(State::Success { at: now }, now);
        Ok(())
    }

    /// Ends the claim: the service is not on, and the money goes back in the same commit.
    pub fn fail(
        &mut self,
        attempt: u32,
        failure: Failure,
        now: OffsetDateTime,
    ) -> Result<(), TransitionError> {
        self.check_claim(attempt)?;
        self.change(State::Failed { at: now, failure }, now);
        Ok(())
    }

    /// Ends the claim without an end of the order: the next one comes by `schedule`.
    pub fn wait(
        &mut self,
        attempt: u32,
        phase: Phase,
        schedule: Schedule,
        reference: Option<String>,
        now: OffsetDateTime,
    ) -> Result<(), TransitionError> {
        self.check_claim(attempt)?;
        self.0.lost_leases = 0;
        self.0.reference = reference.or(self.0.reference.take());
        self.change(State::Processing { phase, schedule }, now);
        Ok(())
    }

    /// Ends the claim without an answer: its worker stops, and another one may take the order at once. A call may have been
    /// made, so the next claim asks before it calls.
    pub fn release(&mut self, attempt: u32, now: OffsetDateTime) -> Result<(), TransitionError> {
        let phase = match self.0.state {
            State::Processing { phase: phase @ (Phase::PartnerPending | Phase::Reconciling), .. } => phase,
            _ => Phase::Unknown,
        };
        self.wait(attempt, phase, Schedule::Due(now), None, now)
    }

    fn change(&mut self, state: State, now: OffsetDateTime) {
        self.0.state = state;
        self.0.version = self.0.version.saturating_add(1);
        self.0.updated_at = now;
    }
}
