//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationPauses, Resumption, StoreError};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{PauseRow, micros};
use crate::schema::activation_pauses;
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

/// The customer with whose open orders so many have been passed.
const STEP: &str = "
    SELECT user_id FROM transactions WHERE completed_at IS NULL AND user_id > ?1 ORDER BY user_id LIMIT 1 OFFSET ?2";

/// No transition, so the version stays.
const MOVE_CLOCKS: &str = "
    UPDATE transactions SET clock_from = clock_from + max(?3 - max(?2, clock_from), 0)
    WHERE activation_partner = ?1 AND completed_at IS NULL AND clock_from IS NOT NULL AND user_id > ?4 AND user_id <= ?5";

#[derive(QueryableByName)]
struct StepRow {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
}

#[async_trait]
impl ActivationPauses for SqliteUnitOfWork {
    async fn pause_activation(&mut self, pause: &ActivationPause) -> Result<bool, StoreError> {
        let row = PauseRow::from(pause);
        self.run(move |connection| {
            let added = diesel::insert_into(activation_pauses::table)
                .values(row)
                .on_conflict(activation_pauses::activation_partner)
                .do_nothing()
                .execute(connection)?;
            Ok(added == 1)
        })
        .await
    }

    async fn resume_activation(
        &mut self,
        partner: ActivationPartner,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Resumption, StoreError> {
        self.run(move |connection| {
            let pause = || activation_pauses::table.find(partner.to_string());
            let columns = (activation_pauses::since, activation_pauses::moved_through);
            let found: Option<(i64, i64)> = pause().select(columns).get_result(connection).optional()?;
            let Some((since, after)) = found else { return Ok(Resumption::NotPaused) };
            let step: Option<StepRow> = diesel::sql_query(STEP)
                .bind::<BigInt, _>(after)
                .bind::<BigInt, _>(i64::try_from(limit.saturating_sub(1)).unwrap_or(i64::MAX))
                .get_result(connection)
                .optional()?;
            let through = step.map(|row| row.user_id);
            diesel::sql_query(MOVE_CLOCKS)
                .bind::<Text, _>(partner.to_string())
                .bind::<BigInt, _>(since)
                .bind::<BigInt, _>(micros(now))
                .bind::<BigInt, _>(after)
                .bind::<BigInt, _>(through.unwrap_or(i64::MAX))
                .execute(connection)?;
            let Some(through) = through else {
                diesel::delete(pause()).execute(connection)?;
                return Ok(Resumption::Ended);
            };
            let moved = activation_pauses::moved_through.eq(through);
            update(
                &activation_pauses::table,
                moved,
                activation_pauses::activation_partner.eq(partner.to_string()),
            )
            .execute(connection)?;
            Ok(Resumption::Unfinished)
        })
        .await
    }
}

pub(crate) fn is_paused(
    connection: &mut SqliteConnection,
    partner: ActivationPartner,
) -> Result<bool, SqliteError> {
    let pause = activation_pauses::table.find(partner.to_string()).select(activation_pauses::since);
    Ok(pause.get_result::<i64>(connection).optional()?.is_some())
}
