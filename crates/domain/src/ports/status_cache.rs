//! Where orders stand, fast.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::ids::TransactionId;
use crate::views::StatusView;

/// Keeps statuses near. May be lost at any moment; never the record. Nothing here fails: a cache that cannot answer
/// answers nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait StatusCache: Send + Sync {
    /// The status, if it is here and not too old. The caller checks the owner.
    async fn get(&self, id: TransactionId) -> Option<StatusView>;

    /// Keeps statuses that were read from the store, or committed to it, at `known_at`. An older version never replaces a
    /// newer one. A final status stays for up to 24 hours, any other until 5 seconds after `known_at`.
    async fn put(&self, statuses: &[StatusView], known_at: OffsetDateTime);
}
