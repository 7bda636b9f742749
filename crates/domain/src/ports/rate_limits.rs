//! Counting requests.

use async_trait::async_trait;

use crate::limits::{LimitKey, Quota, Verdict};

/// Counts requests against quotas. Never fails: what cannot be counted together is counted apart.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Takes one from each of these quotas, and says for each, in this order, whether there was one.
    async fn take(&self, takes: &[(LimitKey, Quota)]) -> Vec<Verdict>;
}
