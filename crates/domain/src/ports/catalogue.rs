//! Offers inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::ids::OfferId;
use crate::offer::{Offer, OfferTerms, Stock};

/// Reads and writes the catalogue.
#[async_trait]
pub trait Catalogue {
    /// The offers with these ids, on sale or not, as this unit sees them: orders are priced from here, never from a
    /// cache. Unknown ids are missing from the answer.
    async fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError>;

    /// Adds offers, in this order.
    async fn insert_offers(
        &mut self,
        terms: &[OfferTerms],
        now: OffsetDateTime,
    ) -> Result<Vec<OfferId>, StoreError>;

    /// Locks these offers by ascending id, after every other lock of the unit but stocks. Unknown ids are missing from the
    /// answer; duplicates are locked once.
    async fn lock_offers(&mut self, ids: &[OfferId]) -> Result<Vec<Locked<Offer>>, StoreError>;

    /// Saves offers that this unit has locked.
    async fn update_offers(&mut self, offers: &[Offer], now: OffsetDateTime) -> Result<(), StoreError>;

    /// Locks the stocks of these offers by ascending id, after every other lock of the unit; duplicates are locked once. An
    /// offer that nobody has taken from has a stock of which none is taken.
    async fn lock_stocks(&mut self, offers: &[OfferId]) -> Result<Vec<Locked<Stock>>, StoreError>;

    /// Saves stocks that this unit has locked.
    async fn update_stocks(&mut self, stocks: &[Stock]) -> Result<(), StoreError>;
}
