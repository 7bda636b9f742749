//! User offers inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::activation::{Holding, Renewable};
use crate::ids::{OfferId, UserId};
use crate::user_offer::{NewUserOffer, RenewalOf, UserOffer, UserOfferRef};

/// Writes subscriptions.
#[async_trait]
pub trait UserOffers {
    /// What these users hold of these offers at `now`, one entry for each distinct pair that holds anything. The
    /// users' wallets must be locked by this unit, which keeps other orders of theirs out.
    async fn holdings(
        &mut self,
        pairs: &[(UserId, OfferId)],
        now: OffsetDateTime,
    ) -> Result<Vec<((UserId, OfferId), Holding)>, StoreError>;

    /// The subscriptions that these users want to renew, one entry for each distinct pair that points to one of the
    /// user's own. Cancelled ones are left out. The users' wallets must be locked by this unit.
    async fn renewables(
        &mut self,
        pairs: &[(UserId, RenewalOf)],
    ) -> Result<Vec<((UserId, RenewalOf), Renewable)>, StoreError>;

    /// How many subscriptions these users have had to these offers, cancelled ones aside; pairs without one are missing
    /// from the answer. The users' wallets must be locked by this unit.
    async fn count_user_offers(
        &mut self,
        pairs: &[(UserId, OfferId)],
    ) -> Result<Vec<((UserId, OfferId), u32)>, StoreError>;

    /// Adds pending subscriptions.
    async fn insert_user_offers(&mut self, user_offers: &[NewUserOffer]) -> Result<(), StoreError>;

    /// Locks the subscriptions that these point to, each with the pointer that asked for it, by ascending id. Pointers
    /// to nothing are missing from the answer.
    async fn lock_user_offers(
        &mut self,
        refs: &[UserOfferRef],
    ) -> Result<Vec<(UserOfferRef, Locked<UserOffer>)>, StoreError>;

    /// Saves subscriptions that this unit has locked.
    async fn update_user_offers(
        &mut self,
        user_offers: &[UserOffer],
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;
}
