//! What customers and endpoints are told about the ends of subscriptions.

use time::{Duration, OffsetDateTime};

use crate::auto_renew::RenewalObstacle;
use crate::money::Amount;
use crate::notice::{News, Occasion};
use crate::user_offer::{UserOffer, UserOfferState};
use crate::webhook::event::{Happening, Term, What};

/// What the holder of a subscription that has ended is told.
pub fn expired(user_offer: &UserOffer) -> Option<News> {
    let &UserOffer { id, user, offer, .. } = user_offer;
    let UserOfferState::Expired(period) = user_offer.state else { return None };
    Some(News { user, occasion: Occasion::Expired { user_offer: id, offer, expired_at: period.expires_at } })
}

/// What the holder of a subscription is told whose renewal by itself, for `price`, was given up for this period.
pub fn auto_renew_failed(user_offer: &UserOffer, price: Amount, obstacle: RenewalObstacle) -> Option<News> {
    let &UserOffer { id, user, offer, .. } = user_offer;
    let expires_at = user_offer.period()?.expires_at;
    let occasion = Occasion::AutoRenewFailed { user_offer: id, offer, price, expires_at, obstacle };
    Some(News { user, occasion })
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
            let (expires_at, days) = self.crossed(user_offer, now)?;
            let &UserOffer { id, user, offer, .. } = user_offer;
            Some(News { user, occasion: Occasion::Expiring { user_offer: id, offer, expires_at, days } })
        };
        user_offers.iter().filter_map(warning).collect()
    }

    /// What endpoints are told of these at `now`: the same that their holders are told.
    pub fn events(&self, user_offers: &[UserOffer], now: OffsetDateTime) -> Vec<Happening> {
        let expiring = |user_offer: &UserOffer| {
            let (ends_at, days) = self.crossed(user_offer, now)?;
            let term = Term { subscription: user_offer.id, ends_at };
            Some(Happening::of_subscription(user_offer, What::Expiring(term, days)))
        };
        user_offers.iter().filter_map(expiring).collect()
    }

    /// The end of a subscription that runs, and the nearest threshold before it that is crossed.
    fn crossed(&self, user_offer: &UserOffer, now: OffsetDateTime) -> Option<(OffsetDateTime, u32)> {
        let UserOfferState::Active(period) = user_offer.state else { return None };
        let ends_within =
            |days: &&u32| period.expires_at <= now.saturating_add(Duration::days((**days).into()));
        let days = *self.0.iter().find(ends_within).filter(|_| period.expires_at > now)?;
        Some((period.expires_at, days))
    }
}

impl Default for WarningDays {
    /// Three days before.
    fn default() -> Self {
        Self(vec![3])
    }
}
