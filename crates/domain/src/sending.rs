//! The life of a notice: queued, taken by one sender, and then sent or not.
//!
//! ```text
//! queued ──claim──▶ sending ──delivered──▶ sent
//!   ▲                │  │ └───refused────▶ failed
//!   └──── not sent ──┘  └─────unknown────▶ abandoned
//! ```
//!
//! A notice is claimed before it is sent, and one of which nobody knows whether it arrived is not sent again: a customer
//! rather misses a message than gets it twice. What becomes of a notice never touches money or orders.

use std::fmt;

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::ids::{NoticeId, UserId};
use crate::notice::{NoticeChannel, NoticeStatus, Occasion};
use crate::retry::{Jitter, doubled};
use crate::user::{Locale, User};

/// How long, how often and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendPolicy {
    /// How long a sender holds a notice. Longer than handing it over may take.
    pub lease: Duration,
    /// Ceiling of the first retry's full-jitter delay; doubles with each attempt.
    pub backoff_base: Duration,
    /// Highest ceiling of a retry's delay.
    pub backoff_cap: Duration,
    /// How long after its occasion a notice is still worth sending.
    pub give_up_after: Duration,
}

impl Default for SendPolicy {
    fn default() -> Self {
        Self {
            lease: Duration::seconds(60),
            backoff_base: Duration::seconds(5),
            backoff_cap: Duration::minutes(30),
            give_up_after: Duration::hours(24),
        }
    }
}

/// What became of handing a notice over. There is no error beside it: not knowing is an answer. Reasons are kept and shown
/// to staff; they hold no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The next station has taken it.
    Delivered,
    /// A definite no, today and tomorrow.
    Refused {
        /// Why.
        reason: String,
    },
    /// It certainly was not taken, and may be another time.
    NotSent {
        /// Why.
        reason: String,
    },
    /// It may or may not have been taken.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Where a notice stands, with the data that only this state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
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
    /// Handed over.
    Sent,
    /// Refused for good.
    Failed,
    /// Given up.
    Abandoned,
}

impl NoticeState {
    /// Whether it never changes again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Abandoned)
    }
}

/// The state of a notice, as stores keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeParts {
    /// Its id.
    pub id: NoticeId,
    /// To whom.
    pub user: UserId,
    /// How.
    pub channel: NoticeChannel,
    /// About what.
    pub occasion: Occasion,
    /// Where it stands.
    pub state: NoticeState,
    /// How often a sender has taken it: the fencing number of settlements.
    pub attempt: u32,
    /// Why the last attempt did not deliver it.
    pub reason: Option<String>,
    /// When it was queued, UTC.
    pub created_at: OffsetDateTime,
    /// When it last changed, UTC.
    pub updated_at: OffsetDateTime,
}

/// A step that the state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoticeTransition {
    /// It is not due yet, a sender has it, or it has ended.
    #[error("the notice is not due")]
    NotDue,
    /// The sender's claim is over.
    #[error("the claim is over")]
    StaleClaim,
}

/// What a claim leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeClaim {
    /// The sender hands it over.
    Send,
    /// It is given up instead.
    GivenUp,
}

/// One message to one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice(NoticeParts);

impl Notice {
    /// Takes the state that a store kept.
    pub fn from_parts(parts: NoticeParts) -> Self {
        Self(parts)
    }

    /// The state, as stores keep it.
    pub fn parts(&self) -> &NoticeParts {
        &self.0
    }

    /// Its id.
    pub fn id(&self) -> NoticeId {
        self.0.id
    }

    /// The state's name.
    pub fn status(&self) -> NoticeStatus {
        match self.0.state {
            NoticeState::Queued { .. } => NoticeStatus::Queued,
            NoticeState::Sending { .. } => NoticeStatus::Sending,
            NoticeState::Sent => NoticeStatus::Sent,
            NoticeState::Failed => NoticeStatus::Failed,
            NoticeState::Abandoned => NoticeStatus::Abandoned,
        }
    }

    /// A sender takes it. One that vanished with it may have handed it over, so nobody tries again.
    pub fn claim(
        &mut self,
        now: OffsetDateTime,
        policy: &SendPolicy,
    ) -> Result<NoticeClaim, NoticeTransition> {
        match self.0.state {
            NoticeState::Queued { due } if due <= now => {}
            NoticeState::Sending { until } if until <= now => {
                self.0.reason = Some("its sender vanished: nobody knows whether it was sent".into());
                self.change(NoticeState::Abandoned, now);
                return Ok(NoticeClaim::GivenUp);
            }
            _ => return Err(NoticeTransition::NotDue),
        }
        if now >= self.gives_up_at(policy) {
            self.0.reason.get_or_insert_with(|| "it waited too long to be news".into());
            self.change(NoticeState::Abandoned, now);
            return Ok(NoticeClaim::GivenUp);
        }
        self.0.attempt = self.0.attempt.saturating_add(1);
        self.change(NoticeState::Sending { until: now.saturating_add(policy.lease) }, now);
        Ok(NoticeClaim::Send)
    }

    /// Ends the claim with what became of it.
    pub fn settle(
        &mut self,
        attempt: u32,
        delivery: &Delivery,
        policy: &SendPolicy,
        now: OffsetDateTime,
        jitter: Jitter,
    ) -> Result<(), NoticeTransition> {
        self.check_claim(attempt)?;
        let (state, reason) = match delivery {
            Delivery::Delivered => (NoticeState::Sent, None),
            Delivery::Refused { reason } => (NoticeState::Failed, Some(reason)),
            Delivery::Unknown { reason } => (NoticeState::Abandoned, Some(reason)),
            Delivery::NotSent { reason } => {
                let ceiling = doubled(policy.backoff_base, attempt.saturating_sub(1), policy.backoff_cap);
                let due = now.saturating_add(jitter.of(ceiling));
                let too_late = due >= self.gives_up_at(policy);
                (if too_late { NoticeState::Abandoned } else { NoticeState::Queued { due } }, Some(reason))
            }
        };
        self.0.reason = reason.cloned();
        self.change(state, now);
        Ok(())
    }

    /// Ends the claim of a sender that stops before it has begun to hand the notice over.
    pub fn give_back(&mut self, attempt: u32, now: OffsetDateTime) -> Result<(), NoticeTransition> {
        self.check_claim(attempt)?;
        self.change(NoticeState::Queued { due: now }, now);
        Ok(())
    }

    fn check_claim(&self, attempt: u32) -> Result<(), NoticeTransition> {
        match self.0.state {
            NoticeState::Sending { .. } if self.0.attempt == attempt => Ok(()),
            _ => Err(NoticeTransition::StaleClaim),
        }
    }

    fn gives_up_at(&self, policy: &SendPolicy) -> OffsetDateTime {
        self.0.created_at.saturating_add(policy.give_up_after)
    }

    fn change(&mut self, state: NoticeState, now: OffsetDateTime) {
        self.0.state = state;
        self.0.updated_at = now;
    }
}

/// Where a customer is reached. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(pub String);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// A notice with everything that its text and its envelope need, read when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The notice.
    pub notice: NoticeId,
    /// When it was queued, UTC.
    pub created_at: OffsetDateTime,
    /// About what.
    pub occasion: Occasion,
    /// The name of the offer that it is about, if it is about one.
    pub offer: Option<String>,
    /// The customer's name for themselves: their login.
    pub username: String,
    /// The customer's language.
    pub locale: Locale,
    /// Where to.
    pub address: Address,
}

/// The customer's address for a channel, if they have one.
pub fn address_of(user: &User, channel: NoticeChannel) -> Option<Address> {
    let address = match channel {
        NoticeChannel::Email => Some(user.email.clone()),
        NoticeChannel::Sms => user.phone.clone(),
    };
    address.filter(|address| !address.is_empty()).map(Address)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::money::{Amount, Currency};

    const NOON: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);

    fn policy() -> SendPolicy {
        SendPolicy::default()
    }

    fn queued() -> Notice {
        Notice::from_parts(NoticeParts {
            id: NoticeId(1),
            user: UserId(1),
            channel: NoticeChannel::Email,
            occasion: Occasion::WalletCredited {
                credit: Uuid::from_u128(1),
                amount: Amount::from_minor(1999, Currency::EUR).unwrap(),
            },
            state: NoticeState::Queued { due: NOON },
            attempt: 0,
            reason: None,
            created_at: NOON,
            updated_at: NOON,
        })
    }

    fn claimed() -> Notice {
        let mut notice = queued();
        assert_eq!(notice.claim(NOON, &policy()), Ok(NoticeClaim::Send));
        notice
    }

    fn reason() -> String {
        "421".into()
    }

    #[test]
    fn a_notice_is_claimed_before_it_is_sent_and_by_one_sender() {
        let mut notice = claimed();
        let until = NOON + policy().lease;
        assert_eq!((notice.parts().state, notice.parts().attempt), (NoticeState::Sending { until }, 1));
        assert_eq!(notice.claim(NOON, &policy()), Err(NoticeTransition::NotDue));
    }

    #[test]
    fn every_outcome_but_not_sent_is_final() {
        for (delivery, status) in [
            (Delivery::Delivered, NoticeStatus::Sent),
            (Delivery::Refused { reason: reason() }, NoticeStatus::Failed),
            (Delivery::Unknown { reason: reason() }, NoticeStatus::Abandoned),
        ] {
            let mut notice = claimed();
            notice.settle(1, &delivery, &policy(), NOON, Jitter(0)).unwrap();
            assert_eq!(notice.status(), status);
            assert_eq!(notice.claim(NOON + Duration::days(9), &policy()), Err(NoticeTransition::NotDue));
            let again = notice.settle(1, &Delivery::Delivered, &policy(), NOON, Jitter(0));
            assert_eq!(again, Err(NoticeTransition::StaleClaim));
        }
    }

    #[test]
    fn what_was_not_sent_is_tried_again_with_full_jitter() {
        let mut notice = claimed();
        let not_sent = Delivery::NotSent { reason: reason() };
        notice.settle(1, &not_sent, &policy(), NOON, Jitter(u32::MAX)).unwrap();
        let due = NOON + Duration::milliseconds(4_999);
        assert_eq!(notice.parts().state, NoticeState::Queued { due });
        assert_eq!(notice.parts().reason, Some(reason()));
        assert_eq!(notice.claim(NOON, &policy()), Err(NoticeTransition::NotDue));
        assert_eq!(notice.claim(due, &policy()), Ok(NoticeClaim::Send));
        notice.settle(2, &not_sent, &policy(), due, Jitter(u32::MAX)).unwrap();
        assert_eq!(notice.parts().state, NoticeState::Queued { due: due + Duration::milliseconds(9_999) });
        assert_eq!(notice.claim(due + Duration::minutes(1), &policy()), Ok(NoticeClaim::Send));
        notice.settle(3, &Delivery::Delivered, &policy(), due, Jitter(0)).unwrap();
        assert_eq!(notice.parts().reason, None);
    }

    #[test]
    fn a_notice_whose_sender_vanished_is_not_sent_again() {
        let mut notice = claimed();
        let late = NOON + policy().lease;
        assert_eq!(notice.claim(late, &policy()), Ok(NoticeClaim::GivenUp));
        assert_eq!(notice.status(), NoticeStatus::Abandoned);
        let answer = notice.settle(1, &Delivery::Delivered, &policy(), late, Jitter(0));
        assert_eq!(answer, Err(NoticeTransition::StaleClaim));
    }

    #[test]
    fn after_a_day_a_notice_is_no_news() {
        let day = NOON + policy().give_up_after;
        let mut forgotten = queued();
        assert_eq!(forgotten.claim(day, &policy()), Ok(NoticeClaim::GivenUp));
        assert_eq!(forgotten.status(), NoticeStatus::Abandoned);

        let mut notice = claimed();
        let not_sent = Delivery::NotSent { reason: reason() };
        notice.settle(1, &not_sent, &policy(), day - Duration::seconds(1), Jitter(u32::MAX)).unwrap();
        assert_eq!(notice.status(), NoticeStatus::Abandoned);
    }

    #[test]
    fn a_claim_that_was_given_back_is_due_at_once() {
        let mut notice = claimed();
        assert_eq!(notice.give_back(2, NOON), Err(NoticeTransition::StaleClaim));
        notice.give_back(1, NOON).unwrap();
        assert_eq!(notice.parts().state, NoticeState::Queued { due: NOON });
        assert_eq!(notice.claim(NOON, &policy()), Ok(NoticeClaim::Send));
    }

    #[test]
    fn addresses_are_never_printed() {
        assert_eq!(format!("{:?}", Address("anna@example.com".into())), "Address(…)");
    }
}
