//! Subscriptions whose time has come, inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::user_offer::{Ending, UserOffer};

/// Hands out subscriptions by the clock.
#[async_trait]
pub trait DueUserOffers {
    /// Locks up to `limit` active subscriptions that ended at `now` or before, the first to end first. Those that another
    /// unit has locked are skipped, not waited for.
    async fn lock_ended(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError>;

    /// Locks up to `limit` subscriptions whose next renewal by themselves is due at `now`, the longest waiting first.
    /// Those that another unit has locked are skipped.
    async fn lock_due_renewals(
        &mut self,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<UserOffer>>, StoreError>;

    /// Reads up to `limit` active subscriptions that end after `after` and at `until` or before, in the order of their
    /// ends: however many there are, they can be walked in chunks.
    async fn ending(
        &mut self,
        after: Ending,
        until: OffsetDateTime,
        limit: usize,
    ) -> Result<Vec<UserOffer>, StoreError>;
}
