//! What customers are told about the ends of their subscriptions.

use time::{Duration, OffsetDateTime};

use crate::money::Amount;
use crate::user_offer::{UserOffer, UserOfferState};

/// Something that the holder of a subscription is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOfferNews {
    /// It ends soon.
    Expiring {
        /// The subscription.
        user_offer: UserOffer,
        /// The threshold that was crossed: so many days before the end.
        threshold: u32,
    },
    /// It has ended.
    Expired {
        /// The subscription.
        user_offer: UserOffer,
    },
    /// It was to be renewed by itself, and was given up for this period.
    AutoRenewFailed {
        /// The subscription.
        user_offer: UserOffer,
        /// What the renewal costs.
        price: Amount,
    },
}

/// How many days before the end of a subscription its holder is warned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningDays(Vec<u32>);

impl WarningDays {
    /// These days, once each.
    pub fn new(mut days: Vec<u32>) -> Self {
        days.sort_unstable();
        days.dedup();
        Self(days)
    }

    /// The longest time before an end at which anybody is warned.
    pub fn reach(&self) -> Duration {
        self.0.last().map_or(Duration::ZERO, |days| Duration::days((*days).into()))
    }

    /// What the holders of these are told at `now`: each the nearest threshold that is crossed. Told again and again it is
    /// the same, so that whoever keeps it once tells it once.
    pub fn warnings(&self, user_offers: &[UserOffer], now: OffsetDateTime) -> Vec<UserOfferNews> {
        let warning = |user_offer: &UserOffer| {
            let UserOfferState::Active(period) = user_offer.state else { return None };
            let ends_within =
                |days: &&u32| period.expires_at <= now.saturating_add(Duration::days((**days).into()));
            let threshold = *self.0.iter().find(ends_within).filter(|_| period.expires_at > now)?;
            Some(UserOfferNews::Expiring { user_offer: *user_offer, threshold })
        };
        user_offers.iter().filter_map(warning).collect()
    }
}

impl Default for WarningDays {
    /// Three days before.
    fn default() -> Self {
        Self(vec![3])
    }
}
