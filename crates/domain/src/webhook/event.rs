//! Events: what happened to an order or a subscription. They are thin: ids and the one fact that is new, no money and
//! nothing personal. Whoever hears of one asks the API for the rest.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use time::OffsetDateTime;

use crate::ids::{EventId, OfferId, TransactionId, UserId, UserOfferId};
use crate::partner_channel::reference::Reference;
use crate::text::UnknownSpelling;
use crate::transaction::FailureKind;
use crate::user_offer::{UserOffer, UserOfferState};

string_enum!(
    /// What happened: the `type` of a message.
    EventKind {
        /// The service of an order is on.
        TransactionSucceeded => "transaction.succeeded",
        /// The service of an order is not on, and its money is back.
        TransactionFailed => "transaction.failed",
        /// A subscription runs for the first time.
        SubscriptionActivated => "subscription.activated",
        /// A subscription ends soon.
        SubscriptionExpiring => "subscription.expiring",
        /// A subscription has ended.
        SubscriptionExpired => "subscription.expired",
        /// A subscription runs longer than before.
        SubscriptionRenewed => "subscription.renewed",
        /// Nothing: somebody tries an endpoint out.
        Test => "webhook.test",
    }
);

/// The kinds of events that an endpoint wants; never none. Tests come unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventKinds(BTreeSet<EventKind>);

impl EventKinds {
    /// Everything.
    pub fn all() -> Self {
        Self(EventKind::ALL.iter().copied().filter(|kind| *kind != EventKind::Test).collect())
    }

    /// These kinds, once each; none where there is none of them, or one that nobody can choose.
    pub fn try_new(kinds: impl IntoIterator<Item = EventKind>) -> Option<Self> {
        let kinds: BTreeSet<_> = kinds.into_iter().collect();
        (!kinds.is_empty() && !kinds.contains(&EventKind::Test)).then_some(Self(kinds))
    }

    /// Whether `kind` is among them.
    pub fn contains(&self, kind: EventKind) -> bool {
        self.0.contains(&kind)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = EventKind> {
        self.0.iter().copied()
    }
}

impl FromStr for EventKinds {
    type Err = UnknownSpelling;

    /// Reads kinds with commas between, in any order.
    fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
        let kinds: Vec<_> = text.split(',').map(|kind| kind.trim().parse()).collect::<Result<_, _>>()?;
        Self::try_new(kinds).ok_or(UnknownSpelling)
    }
}

impl fmt::Display for EventKinds {
    /// The kinds in their order, with commas between: the spelling in rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.iter().map(EventKind::as_str).collect();
        f.pad(&kinds.join(","))
    }
}

/// A subscription and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The subscription.
    pub subscription: UserOfferId,
    /// First instant without service.
    pub ends_at: OffsetDateTime,
}

/// The news of a [`Happening`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// See [`EventKind::TransactionSucceeded`].
    Succeeded,
    /// See [`EventKind::TransactionFailed`].
    Failed(FailureKind),
    /// See [`EventKind::SubscriptionActivated`].
    Activated(Term),
    /// See [`EventKind::SubscriptionRenewed`].
    Renewed(Term),
    /// See [`EventKind::SubscriptionExpiring`]: the threshold that was crossed is so many days before the end.
    Expiring(Term, u32),
    /// See [`EventKind::SubscriptionExpired`].
    Expired(Term),
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// The order; of a subscription, the one that opened it. The partner that placed it hears of it, and events about one
    /// order are sent one after the other.
    pub about: TransactionId,
    /// Whose it is.
    pub user: UserId,
    /// What was ordered.
    pub offer: OfferId,
    /// The news.
    pub what: What,
}

/// The facts of an event, side by side, as stores keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventFacts {
    /// The order.
    pub transaction: Option<TransactionId>,
    /// Whose it is.
    pub user: Option<UserId>,
    /// What was ordered.
    pub offer: Option<OfferId>,
    /// The subscription.
    pub subscription: Option<UserOfferId>,
    /// Its end.
    pub ends_at: Option<OffsetDateTime>,
    /// A threshold in days.
    pub days: Option<u32>,
    /// Why an order failed.
    pub failure: Option<FailureKind>,
}

/// A fact that the kind of event needs is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the event lacks its {0}")]
pub struct MissingFact(pub &'static str);

impl Happening {
    /// A subscription that has just ended; none where it has not.
    pub fn expired(user_offer: &UserOffer) -> Option<Self> {
        let UserOfferState::Expired(period) = user_offer.state else { return None };
        let term = Term { subscription: user_offer.id, ends_at: period.expires_at };
        Some(Self::of_subscription(user_offer, What::Expired(term)))
    }

    /// News of a subscription.
    pub(crate) fn of_subscription(user_offer: &UserOffer, what: What) -> Self {
        let &UserOffer { transaction, user, offer, .. } = user_offer;
        Self { about: transaction, user, offer, what }
    }

    /// What it is.
    pub fn kind(&self) -> EventKind {
        match self.what {
            What::Succeeded => EventKind::TransactionSucceeded,
            What::Failed(_) => EventKind::TransactionFailed,
            What::Activated(_) => EventKind::SubscriptionActivated,
            What::Renewed(_) => EventKind::SubscriptionRenewed,
            What::Expiring(..) => EventKind::SubscriptionExpiring,
            What::Expired(_) => EventKind::SubscriptionExpired,
        }
    }

    /// Its facts.
    pub fn facts(&self) -> EventFacts {
        let &Self { about, user, offer, what } = self;
        let (term, days, failure) = match what {
            What::Succeeded => (None, None, None),
            What::Failed(failure) => (None, None, Some(failure)),
            What::Activated(term) | What::Renewed(term) | What::Expired(term) => (Some(term), None, None),
            What::Expiring(term, days) => (Some(term), Some(days), None),
        };
        EventFacts {
            transaction: Some(about),
            user: Some(user),
            offer: Some(offer),
            subscription: term.map(|term| term.subscription),
            ends_at: term.map(|term| term.ends_at),
            days,
            failure,
        }
    }

    /// At most one event with this key is ever written: an order ends once, and a period ends once and is warned of once
    /// for each threshold.
    pub fn dedupe_key(&self) -> String {
        let (kind, about) = (self.kind(), self.about);
        let of = |term: Term| format!("{kind}:{}:{}", term.subscription, term.ends_at.unix_timestamp());
        match self.what {
            What::Succeeded | What::Failed(_) | What::Activated(_) => format!("{kind}:{about}"),
            What::Renewed(term) | What::Expired(term) => of(term),
            What::Expiring(term, days) => format!("{}:{days}", of(term)),
        }
    }
}

impl EventFacts {
    /// What happened, by the kind of event; nothing where it is a test.
    pub fn happening(&self, kind: EventKind) -> Result<Option<Happening>, MissingFact> {
        let term = || {
            Ok(Term {
                subscription: self.subscription.ok_or(MissingFact("user_offer_id"))?,
                ends_at: self.ends_at.ok_or(MissingFact("ends_at"))?,
            })
        };
        let what = match kind {
            EventKind::Test => return Ok(None),
            EventKind::TransactionSucceeded => What::Succeeded,
            EventKind::TransactionFailed => What::Failed(self.failure.ok_or(MissingFact("error_code"))?),
            EventKind::SubscriptionActivated => What::Activated(term()?),
            EventKind::SubscriptionRenewed => What::Renewed(term()?),
            EventKind::SubscriptionExpiring => What::Expiring(term()?, self.days.ok_or(MissingFact("days"))?),
            EventKind::SubscriptionExpired => What::Expired(term()?),
        };
        Ok(Some(Happening {
            about: self.transaction.ok_or(MissingFact("transaction_id"))?,
            user: self.user.ok_or(MissingFact("user_id"))?,
            offer: self.offer.ok_or(MissingFact("offer_id"))?,
            what,
        }))
    }
}

/// An event in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Its name, the same for every endpoint and every attempt.
    pub id: EventId,
    /// What happened; nothing where somebody tries an endpoint out.
    pub happening: Option<Happening>,
    /// The partner's name for the order, where a partner placed it.
    pub reference: Option<Reference>,
    /// When, UTC.
    pub at: OffsetDateTime,
}

impl Event {
    /// What it is.
    pub fn kind(&self) -> EventKind {
        self.happening.map_or(EventKind::Test, |happening| happening.kind())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const END: OffsetDateTime = datetime!(2026-03-31 12:00 UTC);

    fn happening(what: What) -> Happening {
        Happening { about: TransactionId(Uuid::from_u128(9)), user: UserId(1), offer: OfferId(3), what }
    }

    fn everything() -> Vec<Happening> {
        let term = Term { subscription: UserOfferId(7), ends_at: END };
        [
            What::Succeeded,
            What::Failed(FailureKind::Refused),
            What::Activated(term),
            What::Renewed(term),
            What::Expiring(term, 3),
            What::Expired(term),
        ]
        .map(happening)
        .into()
    }

    #[test]
    fn what_happened_and_its_facts_are_inverse() {
        for happening in everything() {
            assert_eq!(happening.facts().happening(happening.kind()), Ok(Some(happening)));
        }
        let nothing = EventFacts::default();
        assert_eq!(nothing.happening(EventKind::Test), Ok(None));
        assert_eq!(nothing.happening(EventKind::SubscriptionExpired), Err(MissingFact("user_offer_id")));
    }

    #[test]
    fn the_same_is_told_once_and_different_things_never_share_a_key() {
        let keys: HashSet<_> = everything().iter().map(Happening::dedupe_key).collect();
        assert_eq!(keys.len(), EventKind::ALL.len() - 1);
        let expiring = |end, days| {
            happening(What::Expiring(Term { subscription: UserOfferId(7), ends_at: end }, days)).dedupe_key()
        };
        assert_eq!(expiring(END, 3), expiring(END, 3));
        assert_ne!(expiring(END, 3), expiring(END, 1), "another threshold");
        assert_ne!(expiring(END, 3), expiring(END + Duration::days(30), 3), "the next period");
    }

    #[test]
    fn an_endpoint_wants_something_and_nobody_chooses_tests() {
        let kinds: EventKinds = "transaction.failed, transaction.succeeded".parse().unwrap();
        assert_eq!(kinds.to_string(), "transaction.succeeded,transaction.failed");
        assert!(EventKinds::all().iter().all(|kind| kind != EventKind::Test));
        for bad in ["", "order.ended", "webhook.test", "transaction.failed,"] {
            assert!(bad.parse::<EventKinds>().is_err(), "{bad}");
        }
    }
}
