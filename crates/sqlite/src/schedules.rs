//! Whose turn it is.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ports::{Schedules, StoreError};
use time::{Duration, OffsetDateTime};

use crate::rows::micros;
use crate::schema::schedules;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl Schedules for SqliteUnitOfWork {
    async fn take_run(
        &mut self,
        job: &'static str,
        period: Duration,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let last_run = schedules::table.find(job).select(schedules::last_run_at);
            let last_run: Option<i64> = last_run.get_result(connection).optional()?;
            if last_run.is_some_and(|last_run| last_run > micros(now.saturating_sub(period))) {
                return Ok(false);
            }
            let run = (schedules::job.eq(job), schedules::last_run_at.eq(micros(now)));
            diesel::replace_into(schedules::table).values(run).execute(connection)?;
            Ok(true)
        })
        .await
    }
}
