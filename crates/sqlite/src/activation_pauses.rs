//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationPauses, StoreError};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{PauseRow, micros};
use crate::schema::activation_pauses;
use crate::unit_of_work::SqliteUnitOfWork;

/// No transition, so the version stays.
const MOVE_CLOCKS: &str = "
    UPDATE transactions SET clock_from = clock_from + max(?3 - max(?2, clock_from), 0)
    WHERE activation_partner = ?1 AND completed_at IS NULL AND clock_from IS NOT NULL";

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
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let pause = diesel::delete(activation_pauses::table.find(partner.to_string()));
            let ended = pause.returning(activation_pauses::since).get_result::<i64>(connection).optional()?;
            let Some(since) = ended else { return Ok(false) };
            diesel::sql_query(MOVE_CLOCKS)
                .bind::<Text, _>(partner.to_string())
                .bind::<BigInt, _>(since)
                .bind::<BigInt, _>(micros(now))
                .execute(connection)?;
            Ok(true)
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
