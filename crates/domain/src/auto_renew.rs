//! Subscriptions that are renewed by themselves: the day before they end, and again by a calendar where money is missing.
//!
//! The subscription's row is its own job, as the order's is. A try is taken with a lease and concluded by whoever still
//! holds it; in between lies an ordinary order, which a key keeps from being placed twice for one period.

use time::{Duration, OffsetDateTime};

use crate::activation::OrderRefusal;
use crate::ids::{TransactionId, UserId, UserOfferId};
use crate::user_offer::{Period, UserOffer};

/// How long before its end a subscription is renewed at the earliest.
const DAY_BEFORE: Duration = Duration::DAY;
/// How long after its end it still is, where nobody was there to do it in time.
const GRACE: Duration = Duration::DAY;
/// How long whoever takes a try has for it before others may.
const LEASE: Duration = Duration::minutes(5);

/// Whether, and when next, a subscription is renewed by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AutoRenew {
    /// It runs out.
    #[default]
    Off,
    /// It is renewed.
    On {
        /// From when on; none where this period has no further try, or is not yet to be planned.
        next_try: Option<OffsetDateTime>,
    },
}

impl AutoRenew {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        matches!(self, Self::On { .. })
    }

    /// From when on the next try is due.
    pub fn next_try(self) -> Option<OffsetDateTime> {
        match self {
            Self::Off => None,
            Self::On { next_try } => next_try,
        }
    }

    /// Takes the state that a store kept.
    pub fn from_parts(on: bool, next_try: Option<OffsetDateTime>) -> Self {
        if on { Self::On { next_try } } else { Self::Off }
    }

    /// The plan for a period that has just been paid.
    pub(crate) fn planned_for(self, period: Period) -> Self {
        match self {
            Self::Off => Self::Off,
            Self::On { .. } => Self::On { next_try: Some(first_try(period)) },
        }
    }
}

/// The day before the end; of a short subscription, the middle.
fn first_try(period: Period) -> OffsetDateTime {
    let half = period.length().checked_div(2).unwrap_or(DAY_BEFORE);
    period.expires_at.saturating_sub(half.min(DAY_BEFORE))
}

string_enum!(
    /// Why a subscription is not renewed by itself.
    RenewalObstacle {
        /// The wallet does not hold the price.
        Money => "money",
        /// Its offer is not sold any more.
        Offer => "offer",
        /// It requires another offer, or does not go with one.
        Rules => "rules",
        /// Its holder is locked out.
        Locked => "locked",
        /// The activation partner did not switch it on; the money is back.
        Partner => "partner",
        /// Nobody was there to renew it in time.
        Late => "late",
    }
);

/// When a renewal that could not be ordered, or failed, is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewalCalendar {
    /// So long after the first try; the last try is always at the end.
    pub retry_after: Vec<Duration>,
}

impl Default for RenewalCalendar {
    /// Six and eighteen hours after the first try, and at the end.
    fn default() -> Self {
        Self { retry_after: vec![Duration::hours(6), Duration::hours(18)] }
    }
}

impl RenewalCalendar {
    fn next_after(&self, period: Period, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let first = first_try(period);
        let planned = self.retry_after.iter().map(|wait| first.saturating_add(*wait));
        let before_the_end = planned.filter(|at| *at < period.expires_at);
        before_the_end.chain([period.expires_at]).filter(|at| *at > now).min()
    }
}

/// A try that somebody has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewalTry {
    /// The subscription.
    pub user_offer: UserOfferId,
    /// Who holds it, and pays.
    pub user: UserId,
    /// The end of the period that is to be followed by another.
    pub ends_at: OffsetDateTime,
    /// When the lease ends: the try's fencing mark.
    pub leased_until: OffsetDateTime,
}

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryOutcome {
    /// The renewal is ordered, now or before. Whether the order has failed is looked at when the next try is due; where there
    /// is none, when this one ends and afterwards.
    Ordered(TransactionId),
    /// It cannot be ordered now.
    NotNow(RenewalObstacle),
    /// It can never be ordered.
    Impossible(RenewalObstacle),
    /// Something is under way; when the lease is over it is tried again.
    Later,
    /// It was refused as no renewal should be, which says nothing about the subscription; it is tried again, too.
    Unexpected,
}

impl TryOutcome {
    /// The order whose end may still change the outcome.
    pub fn order(&self) -> Option<TransactionId> {
        match self {
            Self::Ordered(order) => Some(*order),
            Self::NotNow(_) | Self::Impossible(_) | Self::Later | Self::Unexpected => None,
        }
    }

    /// The same, where its order has failed already.
    #[must_use]
    pub fn whose_order_failed(self) -> Self {
        self.order().map_or(self, |_| Self::NotNow(RenewalObstacle::Partner))
    }
}

impl From<OrderRefusal> for TryOutcome {
    fn from(refusal: OrderRefusal) -> Self {
        match refusal {
            OrderRefusal::InsufficientBalance => Self::NotNow(RenewalObstacle::Money),
            OrderRefusal::CustomerLocked => Self::NotNow(RenewalObstacle::Locked),
            OrderRefusal::Requires(_) | OrderRefusal::Excluded(_) => Self::Impossible(RenewalObstacle::Rules),
            OrderRefusal::OfferNotFound | OrderRefusal::UserOfferNotFound | OrderRefusal::OfferRetired => {
                Self::Impossible(RenewalObstacle::Offer)
            }
            // Extended by the customer since, which has planned the next try and ended this one.
            OrderRefusal::OfferAlreadyActive | OrderRefusal::OrderInProgress(_) => Self::Later,
            OrderRefusal::SessionEnded
            | OrderRefusal::SoldOut
            | OrderRefusal::LimitReached
            | OrderRefusal::KeyReused
            | OrderRefusal::NoWallet
            | OrderRefusal::Key(_)
            | OrderRefusal::AmountMismatch
            | OrderRefusal::InsufficientPartnerFunds
            | OrderRefusal::PartnerReferenceReused => Self::Unexpected,
        }
    }
}

/// What taking a try led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The try is the caller's.
    Try(RenewalTry),
    /// It is so late that the period's renewal was given up.
    GivenUp,
    /// None is due.
    NotDue,
}

/// Whether a period's renewal was given up, which its holder is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Conclusion {
    /// It was, for this reason.
    GivenUp(RenewalObstacle),
    /// It goes on, or is done.
    Settled,
}

impl UserOffer {
    /// Takes a try that is due.
    pub fn take_renewal(&mut self, now: OffsetDateTime) -> Taken {
        let (AutoRenew::On { next_try: Some(due) }, Some(period)) = (self.auto_renew, self.period()) else {
            return Taken::NotDue;
        };
        if due > now {
            return Taken::NotDue;
        }
        if now > period.expires_at.saturating_add(GRACE) {
            self.auto_renew = AutoRenew::On { next_try: None };
            return Taken::GivenUp;
        }
        let leased_until = now.saturating_add(LEASE);
        self.auto_renew = AutoRenew::On { next_try: Some(leased_until) };
        let (user_offer, user, ends_at) = (self.id, self.user, period.expires_at);
        Taken::Try(RenewalTry { user_offer, user, ends_at, leased_until })
    }

    /// Ends a try. One whose mark is gone changes nothing: the holder has switched it off, the renewal has succeeded
    /// already, or somebody else has taken it since.
    pub fn conclude_renewal(
        &mut self,
        taken: &RenewalTry,
        outcome: TryOutcome,
        calendar: &RenewalCalendar,
        now: OffsetDateTime,
    ) -> Conclusion {
        let held = AutoRenew::On { next_try: Some(taken.leased_until) };
        let Some(period) = self.period().filter(|_| self.auto_renew == held) else {
            return Conclusion::Settled;
        };
        let (next_try, conclusion) = match outcome {
            TryOutcome::Later | TryOutcome::Unexpected => return Conclusion::Settled,
            TryOutcome::Ordered(_) => (calendar.next_after(period, now), Conclusion::Settled),
            TryOutcome::Impossible(obstacle) => (None, Conclusion::GivenUp(obstacle)),
            TryOutcome::NotNow(obstacle) => match calendar.next_after(period, now) {
                None => (None, Conclusion::GivenUp(obstacle)),
                again => (again, Conclusion::Settled),
            },
        };
        self.auto_renew = AutoRenew::On { next_try };
        conclusion
    }

    /// Whether a renewal by itself that fails now was the last one: the period has ended and no try is planned. One that is
    /// planned after the end is the lease of whoever placed this order: they look at it when they end their try, and where
    /// they have died, whoever takes it next orders again.
    pub fn is_past_renewing(&self, now: OffsetDateTime) -> bool {
        let over = self.period().is_some_and(|period| period.expires_at <= now);
        over && self.auto_renew == AutoRenew::On { next_try: None }
    }
}
