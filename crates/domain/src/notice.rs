//! What customers are told: the occasions, with the facts that a text needs.
//!
//! Whoever changes something adds [`News`] about it in the same unit of work:
//!
//! ```text
//! unit.insert_notices(&channels.notices(&writes.news), now)
//! ```
//!
//! Names and addresses are not among the facts: they are read when a notice is sent, in the customer's language.

use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::auto_renew::RenewalObstacle;
use crate::ids::{OfferId, TransactionId, UserId, UserOfferId};
use crate::money::Amount;

string_enum!(
    /// What a notice is about.
    NoticeKind {
        /// The service is on.
        ActivationSucceeded => "activation_succeeded",
        /// The service is not on; what was charged went back.
        ActivationFailed => "activation_failed",
        /// A subscription ends soon.
        Expiring => "expiring",
        /// A subscription has ended.
        Expired => "expired",
        /// A subscription was to be renewed and could not be.
        AutoRenewFailed => "auto_renew_failed",
        /// Money was added to the wallet.
        WalletCredited => "wallet_credited",
    }
);

string_enum!(
    /// How a notice travels.
    NoticeChannel {
        /// To the customer's e-mail address.
        Email => "email",
        /// To the customer's telephone.
        Sms => "sms",
    }
);

string_enum!(
    /// Where a notice stands.
    NoticeStatus {
        /// Waiting for its turn.
        Queued => "queued",
        /// A sender has it.
        Sending => "sending",
        /// Handed over. Final.
        Sent => "sent",
        /// Refused for good. Final.
        Failed => "failed",
        /// Given up: too old, or nobody knows whether it arrived. Final.
        Abandoned => "abandoned",
    }
);

/// Something that a customer is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// See [`NoticeKind::ActivationSucceeded`].
    ActivationSucceeded {
        /// The order.
        transaction: TransactionId,
        /// What was ordered.
        offer: OfferId,
        /// First instant without service.
        expires_at: OffsetDateTime,
    },
    /// See [`NoticeKind::ActivationFailed`].
    ActivationFailed {
        /// The order.
        transaction: TransactionId,
        /// What was ordered.
        offer: OfferId,
        /// What went back to the customer's wallet; none where somebody else had paid.
        refund: Option<Amount>,
    },
    /// See [`NoticeKind::Expiring`].
    Expiring {
        /// The subscription.
        user_offer: UserOfferId,
        /// What it is for.
        offer: OfferId,
        /// First instant without service.
        expires_at: OffsetDateTime,
        /// The threshold that was crossed: so many days before the end.
        days: u32,
    },
    /// See [`NoticeKind::Expired`].
    Expired {
        /// The subscription.
        user_offer: UserOfferId,
        /// What it was for.
        offer: OfferId,
        /// First instant without service.
        expired_at: OffsetDateTime,
    },
    /// See [`NoticeKind::AutoRenewFailed`].
    AutoRenewFailed {
        /// The subscription.
        user_offer: UserOfferId,
        /// What it is for.
        offer: OfferId,
        /// What the renewal costs.
        price: Amount,
        /// First instant without service.
        expires_at: OffsetDateTime,
        /// Why.
        obstacle: RenewalObstacle,
    },
    /// See [`NoticeKind::WalletCredited`].
    WalletCredited {
        /// Names this credit: the same credit is told once, however often it is asked for.
        credit: Uuid,
        /// How much.
        amount: Amount,
    },
}

/// The facts of an occasion, side by side, as stores keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// The order, or the credit.
    pub reference: Option<Uuid>,
    /// The subscription.
    pub user_offer: Option<UserOfferId>,
    /// The offer.
    pub offer: Option<OfferId>,
    /// A refund, a price or a credit.
    pub amount: Option<Amount>,
    /// The end of a subscription.
    pub ends_at: Option<OffsetDateTime>,
    /// A threshold in days.
    pub days: Option<u32>,
    /// Why a subscription was not renewed.
    pub obstacle: Option<RenewalObstacle>,
}

/// A fact that the kind of notice needs is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the notice lacks its {0}")]
pub struct MissingFact(pub &'static str);

impl Occasion {
    /// What it is.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::ActivationSucceeded { .. } => NoticeKind::ActivationSucceeded,
            Self::ActivationFailed { .. } => NoticeKind::ActivationFailed,
            Self::Expiring { .. } => NoticeKind::Expiring,
            Self::Expired { .. } => NoticeKind::Expired,
            Self::AutoRenewFailed { .. } => NoticeKind::AutoRenewFailed,
            Self::WalletCredited { .. } => NoticeKind::WalletCredited,
        }
    }

    /// Its facts.
    pub fn facts(&self) -> Facts {
        let none = Facts::default();
        match *self {
            Self::ActivationSucceeded { transaction, offer, expires_at } => Facts {
                reference: Some(transaction.0),
                offer: Some(offer),
                ends_at: Some(expires_at),
                ..none
            },
            Self::ActivationFailed { transaction, offer, refund } => {
                Facts { reference: Some(transaction.0), offer: Some(offer), amount: refund, ..none }
            }
            Self::Expiring { user_offer, offer, expires_at, days } => {
                Facts { days: Some(days), ..Facts::of_subscription(user_offer, offer, expires_at) }
            }
            Self::Expired { user_offer, offer, expired_at } => {
                Facts::of_subscription(user_offer, offer, expired_at)
            }
            Self::AutoRenewFailed { user_offer, offer, price, expires_at, obstacle } => Facts {
                amount: Some(price),
                obstacle: Some(obstacle),
                ..Facts::of_subscription(user_offer, offer, expires_at)
            },
            Self::WalletCredited { credit, amount } => {
                Facts { reference: Some(credit), amount: Some(amount), ..none }
            }
        }
    }

    /// The occasion that has these facts.
    pub fn try_from_facts(kind: NoticeKind, facts: &Facts) -> Result<Self, MissingFact> {
        let reference = || facts.reference.ok_or(MissingFact("reference"));
        let user_offer = || facts.user_offer.ok_or(MissingFact("user_offer_id"));
        let offer = || facts.offer.ok_or(MissingFact("offer_id"));
        let amount = || facts.amount.ok_or(MissingFact("amount"));
        let ends_at = || facts.ends_at.ok_or(MissingFact("ends_at"));
        Ok(match kind {
            NoticeKind::ActivationSucceeded => Self::ActivationSucceeded {
                transaction: TransactionId(reference()?),
                offer: offer()?,
                expires_at: ends_at()?,
            },
            NoticeKind::ActivationFailed => Self::ActivationFailed {
                transaction: TransactionId(reference()?),
                offer: offer()?,
                refund: facts.amount,
            },
            NoticeKind::Expiring => Self::Expiring {
                user_offer: user_offer()?,
                offer: offer()?,
                expires_at: ends_at()?,
                days: facts.days.ok_or(MissingFact("days"))?,
            },
            NoticeKind::Expired => {
                Self::Expired { user_offer: user_offer()?, offer: offer()?, expired_at: ends_at()? }
            }
            NoticeKind::AutoRenewFailed => Self::AutoRenewFailed {
                user_offer: user_offer()?,
                offer: offer()?,
                price: amount()?,
                expires_at: ends_at()?,
                // Those that were queued before reasons were kept name the one that all of them named then.
                obstacle: facts.obstacle.unwrap_or(RenewalObstacle::Money),
            },
            NoticeKind::WalletCredited => Self::WalletCredited { credit: reference()?, amount: amount()? },
        })
    }

    /// The same for every notice about the same thing: an order and a credit are told once, the end of a period once, and
    /// once for each threshold before it.
    fn dedupe_key(&self) -> String {
        let kind = self.kind();
        match self {
            Self::ActivationSucceeded { transaction, .. } | Self::ActivationFailed { transaction, .. } => {
                format!("{kind}:{transaction}")
            }
            Self::WalletCredited { credit, .. } => format!("{kind}:{credit}"),
            Self::Expiring { user_offer, expires_at, days, .. } => {
                format!("{kind}:{user_offer}:{}:{days}", expires_at.unix_timestamp())
            }
            Self::Expired { user_offer, expired_at: end, .. }
            | Self::AutoRenewFailed { user_offer, expires_at: end, .. } => {
                format!("{kind}:{user_offer}:{}", end.unix_timestamp())
            }
        }
    }
}

impl Facts {
    fn of_subscription(user_offer: UserOfferId, offer: OfferId, ends_at: OffsetDateTime) -> Self {
        Self { user_offer: Some(user_offer), offer: Some(offer), ends_at: Some(ends_at), ..Self::default() }
    }
}

/// Something to tell somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Whom.
    pub user: UserId,
    /// What.
    pub occasion: Occasion,
}

/// One message to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewNotice {
    /// To whom.
    pub user: UserId,
    /// How.
    pub channel: NoticeChannel,
    /// About what.
    pub occasion: Occasion,
}

impl NewNotice {
    /// At most one notice with this key is ever queued.
    pub fn dedupe_key(&self) -> String {
        format!("{}:{}", self.channel, self.occasion.dedupe_key())
    }
}

/// The channels that this deployment sends through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeChannels {
    /// E-mail.
    pub email: bool,
    /// Text messages.
    pub sms: bool,
}

impl NoticeChannels {
    /// One message for each piece of news and each channel in use.
    pub fn notices(self, news: &[News]) -> Vec<NewNotice> {
        let on_every_channel = |&News { user, occasion }: &News| {
            self.in_use().map(move |channel| NewNotice { user, channel, occasion })
        };
        news.iter().flat_map(on_every_channel).collect()
    }

    /// The channels in use.
    pub fn in_use(self) -> impl Iterator<Item = NoticeChannel> {
        let used = move |channel: &NoticeChannel| match channel {
            NoticeChannel::Email => self.email,
            NoticeChannel::Sms => self.sms,
        };
        NoticeChannel::ALL.iter().copied().filter(used)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::money::Currency;

    const END: OffsetDateTime = datetime!(2026-03-31 12:00 UTC);
    const USER_OFFER: UserOfferId = UserOfferId(7);
    const OFFER: OfferId = OfferId(3);

    fn expiring(expires_at: OffsetDateTime, days: u32) -> Occasion {
        Occasion::Expiring { user_offer: USER_OFFER, offer: OFFER, expires_at, days }
    }

    fn occasions() -> Vec<Occasion> {
        let amount = Amount::from_minor(1999, Currency::EUR).unwrap();
        let transaction = TransactionId(Uuid::from_u128(9));
        vec![
            Occasion::ActivationSucceeded { transaction, offer: OFFER, expires_at: END },
            Occasion::ActivationFailed { transaction, offer: OFFER, refund: Some(amount) },
            Occasion::ActivationFailed { transaction, offer: OFFER, refund: None },
            expiring(END, 3),
            Occasion::Expired { user_offer: USER_OFFER, offer: OFFER, expired_at: END },
            Occasion::AutoRenewFailed {
                user_offer: USER_OFFER,
                offer: OFFER,
                price: amount,
                expires_at: END,
                obstacle: RenewalObstacle::Rules,
            },
            Occasion::WalletCredited { credit: transaction.0, amount },
        ]
    }

    fn key(occasion: Occasion) -> String {
        NewNotice { user: UserId(1), channel: NoticeChannel::Email, occasion }.dedupe_key()
    }

    #[test]
    fn an_occasion_and_its_facts_are_inverse() {
        for occasion in occasions() {
            assert_eq!(Occasion::try_from_facts(occasion.kind(), &occasion.facts()), Ok(occasion));
        }
        assert_eq!(
            occasions().iter().map(Occasion::kind).collect::<HashSet<_>>().len(),
            NoticeKind::ALL.len()
        );
        let nothing = Facts::default();
        assert_eq!(
            Occasion::try_from_facts(NoticeKind::Expired, &nothing),
            Err(MissingFact("user_offer_id"))
        );
    }

    #[test]
    fn the_end_of_a_period_is_told_once_for_each_threshold() {
        let told = key(expiring(END, 3));
        assert_eq!(told, key(expiring(END, 3)));
        assert_ne!(told, key(expiring(END, 1)), "another threshold");
        assert_ne!(told, key(expiring(END + Duration::days(30), 3)), "the next period");
    }

    #[test]
    fn different_occasions_never_share_a_key() {
        let mut all = occasions();
        all.remove(2);
        let keys: HashSet<_> = all.iter().copied().map(key).collect();
        assert_eq!(keys.len(), all.len());
    }

    #[test]
    fn news_become_one_notice_for_each_channel_in_use() {
        let news = [News { user: UserId(1), occasion: expiring(END, 3) }];
        for (email, sms, expected) in [
            (false, false, vec![]),
            (true, false, vec![NoticeChannel::Email]),
            (true, true, vec![NoticeChannel::Email, NoticeChannel::Sms]),
        ] {
            let notices = NoticeChannels { email, sms }.notices(&news);
            assert_eq!(notices.iter().map(|notice| notice.channel).collect::<Vec<_>>(), expected);
            let keys: HashSet<_> = notices.iter().map(NewNotice::dedupe_key).collect();
            assert_eq!(keys.len(), notices.len());
        }
    }
}
