//! Whose turn it is.

use async_trait::async_trait;
use diesel::sql_types::{Text, Timestamptz};
use offers_domain::ports::{Schedules, StoreError};
use time::{Duration, OffsetDateTime};

use crate::statement::statement;
use crate::unit_of_work::PgUnitOfWork;

/// Of two processes the second waits for the first one's row, and then finds that the job has just run.
const TAKE_RUN: &str = "
    INSERT INTO schedules (job, last_run_at) VALUES ($1, $2)
    ON CONFLICT (job) DO UPDATE SET last_run_at = excluded.last_run_at WHERE schedules.last_run_at <= $3";

#[async_trait]
impl Schedules for PgUnitOfWork {
    async fn take_run(
        &mut self,
        job: &'static str,
        period: Duration,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let take = statement(TAKE_RUN)
            .bind::<Text, _>(job)
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now.saturating_sub(period));
        Ok(self.run(take).await? == 1)
    }
}
