//! What a person does with an order that waits for one.

use time::{Duration, OffsetDateTime};

use super::{Phase, Schedule, State, Transaction, TransitionError};

impl Transaction {
    /// A person sends an order that waits for one back to work. The next claim asks the partner before it calls.
    pub fn send_back(&mut self, now: OffsetDateTime) -> Result<(), TransitionError> {
        self.check_parked()?;
        self.0.lost_leases = 0;
        self.change(State::Processing { phase: Phase::Reconciling, schedule: Schedule::Due(now) }, now);
        Ok(())
    }

    /// A person who knows the partner's answer takes the order as a worker would, to settle it at once.
    pub fn take_in_hand(&mut self, now: OffsetDateTime, lease: Duration) -> Result<(), TransitionError> {
        self.check_parked()?;
        self.0.attempt = self.0.attempt.saturating_add(1);
        let schedule = Schedule::LeasedUntil(now.saturating_add(lease));
        self.change(State::Processing { phase: Phase::NeedsAttention, schedule }, now);
        Ok(())
    }

    fn check_parked(&self) -> Result<(), TransitionError> {
        match self.0.state {
            State::Processing { schedule: Schedule::Parked, .. } => Ok(()),
            State::Success { .. } | State::Failed { .. } => Err(TransitionError::Final),
            State::Pending { .. } | State::Processing { .. } => Err(TransitionError::NotParked),
        }
    }
}
