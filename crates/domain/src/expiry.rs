//! What customers are told about the ends of their subscriptions.

use time::{Duration, OffsetDateTime};

use crate::money::Amount;
use crate::notice::{News, Occasion};
use crate::user_offer::{UserOffer, UserOfferState};

/// What the holder of a subscription that has ended is told.
pub fn expired(user_offer: &UserOffer) -> Option<News> {
    let &UserOffer { id, user, offer, .. } = user_offer;
    let UserOfferState::Expired(period) = user_offer.state else { return None };
    Some(News { user, occasion: Occasion::Expired { user_offer: id, offer, expired_at: period.expires_at } })
}

/// What the holder of a subscription is told whose renewal by itself, for `price`, was given up for this period.
pub fn auto_renew_failed(user_offer: &UserOffer, price: Amount) -> Option<News> {
    let &UserOffer { id, user, offer, .. } = user_offer;
    let expires_at = user_offer.period()?.expires_at;
    Some(News { user, occasion: Occasion::AutoRenewFailed { user_offer: id, offer, price, expires_at } })
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
    pub fn warnings(&self, user_offers: &[UserOffer], now: OffsetDateTime) -> Vec<News> {
        let warning = |user_offer: &UserOffer| {
            let UserOfferState::Active(period) = user_offer.state else { return None };
            let ends_within =
                |days: &&u32| period.expires_at <= now.saturating_add(Duration::days((**days).into()));
            let days = *self.0.iter().find(ends_within).filter(|_| period.expires_at > now)?;
            let &UserOffer { id, user, offer, .. } = user_offer;
            let expires_at = period.expires_at;
            Some(News { user, occasion: Occasion::Expiring { user_offer: id, offer, expires_at, days } })
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
