//! Time.

use time::OffsetDateTime;

/// The time of day of this process, UTC. Due times and leases use the store's clock instead.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> OffsetDateTime;
}
