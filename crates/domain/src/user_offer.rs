//! User offers: the subscriptions that customers hold.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::auto_renew::AutoRenew;
use crate::ids::{OfferId, TransactionId, UserId, UserOfferId};

string_enum!(
    /// Where a subscription stands.
    UserOfferStatus {
        /// Paid for, not yet switched on.
        Pending => "pending",
        /// Running.
        Active => "active",
        /// Ended at its time.
        Expired => "expired",
        /// Never switched on, because its order failed.
        Cancelled => "cancelled",
    }
);

/// A running period: `[activated_at, expires_at)`, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// When the service was first switched on.
    pub activated_at: OffsetDateTime,
    /// First instant without service.
    pub expires_at: OffsetDateTime,
}

impl Period {
    /// How long it lasts in all.
    pub fn length(&self) -> Duration {
        let (from, to) = (self.activated_at.unix_timestamp_nanos(), self.expires_at.unix_timestamp_nanos());
        Duration::nanoseconds_i128(to.saturating_sub(from))
    }
}

/// The state of a subscription, with the data that only this state has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOfferState {
    /// Waiting for the activation partner.
    Pending,
    /// Running.
    Active(Period),
    /// Ended.
    Expired(Period),
    /// Its order failed.
    Cancelled,
}

impl UserOfferState {
    /// Its name.
    pub fn status(&self) -> UserOfferStatus {
        match self {
            Self::Pending => UserOfferStatus::Pending,
            Self::Active(_) => UserOfferStatus::Active,
            Self::Expired(_) => UserOfferStatus::Expired,
            Self::Cancelled => UserOfferStatus::Cancelled,
        }
    }

    /// Its dates, once it has run.
    pub fn period(&self) -> Option<Period> {
        match self {
            Self::Active(period) | Self::Expired(period) => Some(*period),
            Self::Pending | Self::Cancelled => None,
        }
    }
}

/// A state that does not allow the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a {0} subscription cannot be {1}")]
pub struct UserOfferTransition(UserOfferStatus, &'static str);

/// Points to the subscription of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserOfferRef {
    /// The one that this purchase opened.
    OpenedBy(TransactionId),
    /// One that existed before: a renewal extends it.
    Existing(UserOfferId),
}

/// How a customer points to the subscription that they renew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RenewalOf {
    /// This one.
    Subscription(UserOfferId),
    /// Theirs to this offer; of several, the one that ends last.
    Offer(OfferId),
}

/// A subscription about to be opened: pending, without dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewUserOffer {
    /// Who will hold it.
    pub user: UserId,
    /// What they bought.
    pub offer: OfferId,
    /// The order that paid for it.
    pub transaction: TransactionId,
    /// When it was ordered, UTC.
    pub created_at: OffsetDateTime,
}

/// A subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserOffer {
    /// Its id.
    pub id: UserOfferId,
    /// Who holds it.
    pub user: UserId,
    /// What they bought.
    pub offer: OfferId,
    /// The order that opened it.
    pub transaction: TransactionId,
    /// Where it stands.
    pub state: UserOfferState,
    /// Whether it is renewed by itself.
    pub auto_renew: AutoRenew,
}

/// The place of a subscription in a list by ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// First instant without service.
    pub at: OffsetDateTime,
    /// The subscription: ties by id.
    pub id: UserOfferId,
}

impl UserOffer {
    /// The state's name.
    pub fn status(&self) -> UserOfferStatus {
        self.state.status()
    }

    /// Its dates, once it has run.
    pub fn period(&self) -> Option<Period> {
        self.state.period()
    }

    /// Switches a pending subscription on for `days` days, or extends one that has run: from its old end, or from `now`
    /// where that is later, so that no paid day is lost and no past day is charged. Returns the period as it then is.
    pub fn grant(&mut self, days: u32, now: OffsetDateTime) -> Result<Period, UserOfferTransition> {
        let length = Duration::days(i64::from(days));
        let period = match self.state {
            UserOfferState::Pending => Period { activated_at: now, expires_at: now.saturating_add(length) },
            UserOfferState::Active(old) | UserOfferState::Expired(old) => {
                Period { expires_at: old.expires_at.max(now).saturating_add(length), ..old }
            }
            UserOfferState::Cancelled => return Err(UserOfferTransition(self.status(), "switched on")),
        };
        self.state = UserOfferState::Active(period);
        self.auto_renew = self.auto_renew.planned_for(period);
        Ok(period)
    }

    /// Ends a subscription whose time is over.
    pub fn expire(&mut self, now: OffsetDateTime) -> Result<(), UserOfferTransition> {
        match self.state {
            UserOfferState::Active(period) if period.expires_at <= now => {
                self.state = UserOfferState::Expired(period);
                Ok(())
            }
            _ => Err(UserOfferTransition(self.status(), "expired")),
        }
    }

    /// Switches renewing by itself on or off. Switched on, it begins with the period that runs.
    pub fn set_auto_renew(&mut self, on: bool) -> Result<(), UserOfferTransition> {
        self.auto_renew = match (on, self.auto_renew, self.state) {
            (_, _, UserOfferState::Cancelled) => {
                return Err(UserOfferTransition(self.status(), "renewed"));
            }
            (false, ..) => AutoRenew::Off,
            (true, AutoRenew::On { .. }, _) => self.auto_renew,
            (true, AutoRenew::Off, UserOfferState::Active(period)) => {
                AutoRenew::On { next_try: None }.planned_for(period)
            }
            (true, AutoRenew::Off, UserOfferState::Pending | UserOfferState::Expired(_)) => {
                AutoRenew::On { next_try: None }
            }
        };
        Ok(())
    }

    /// Gives up a pending subscription, because its order failed.
    pub fn cancel(&mut self) -> Result<(), UserOfferTransition> {
        match self.state {
            UserOfferState::Pending => {
                self.state = UserOfferState::Cancelled;
                Ok(())
            }
            _ => Err(UserOfferTransition(self.status(), "cancelled")),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn user_offer(state: UserOfferState) -> UserOffer {
        UserOffer {
            id: UserOfferId(1),
            user: UserId(1),
            offer: OfferId(1),
            transaction: TransactionId(Uuid::from_u128(1)),
            state,
            auto_renew: AutoRenew::Off,
        }
    }

    fn expires_at(user_offer: &UserOffer) -> OffsetDateTime {
        let UserOfferState::Active(period) = user_offer.state else { panic!("not active") };
        period.expires_at
    }

    #[test]
    fn a_purchase_runs_from_now() {
        let mut bought = user_offer(UserOfferState::Pending);
        bought.grant(30, NOW).unwrap();
        assert_eq!(expires_at(&bought), datetime!(2026-03-31 12:00 UTC));
    }

    #[test]
    fn a_renewal_extends_from_the_later_of_now_and_the_old_end() {
        for (old_end, new_end) in [
            (datetime!(2026-03-05 0:00 UTC), datetime!(2026-03-15 0:00 UTC)),
            (datetime!(2026-02-01 0:00 UTC), datetime!(2026-03-11 12:00 UTC)),
        ] {
            let period = Period { activated_at: datetime!(2026-01-01 0:00 UTC), expires_at: old_end };
            let mut renewed = user_offer(UserOfferState::Active(period));
            renewed.grant(10, NOW).unwrap();
            assert_eq!(expires_at(&renewed), new_end);
        }
    }

    #[test]
    fn a_subscription_expires_at_its_end_and_not_before() {
        let period = Period { activated_at: NOW - Duration::days(30), expires_at: NOW };
        let mut running = user_offer(UserOfferState::Active(period));
        assert!(running.expire(NOW - Duration::microseconds(1)).is_err());
        running.expire(NOW).unwrap();
        assert_eq!(running.state, UserOfferState::Expired(period));
        assert!(running.expire(NOW).is_err(), "once");
        assert!(user_offer(UserOfferState::Pending).expire(NOW).is_err());
    }

    #[test]
    fn only_a_pending_subscription_is_cancelled_and_a_cancelled_one_stays_so() {
        let mut failed = user_offer(UserOfferState::Pending);
        failed.cancel().unwrap();
        assert!(failed.grant(30, NOW).is_err());
        let period = Period { activated_at: NOW, expires_at: NOW };
        assert!(user_offer(UserOfferState::Active(period)).cancel().is_err());
    }
}
