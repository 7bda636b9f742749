//! Whose turn it is to do scheduled work.

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::StoreError;

/// Elects, through the database, the process that runs a scheduled job: for each run anew, so that no leader can vanish.
#[async_trait]
pub trait Schedules {
    /// Takes the next run of `job`: true for one caller in each `period` among all processes. A job that has never run is
    /// due. The run counts from `now`, this unit's clock.
    async fn take_run(
        &mut self,
        job: &'static str,
        period: Duration,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError>;
}
