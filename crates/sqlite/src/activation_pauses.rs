//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
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
        asked_at: OffsetDateTime,
    ) -> Result<Resumption, StoreError> {
        let asked_at = micros(asked_at);
        self.run(move |connection| {
            let found = activation_pauses::table.find(partner.to_string()).select(LockedPause::as_select());
            let Some(pause) = found.get_result(connection).optional()? else {
                return Ok(Resumption::NotPaused);
            };
            // What an earlier resumption has begun is brought to where it wanted it, so that no order is ahead of another.
            let until = pause.resuming_at.unwrap_or(asked_at);
            let through = move_clocks(connection, partner, &pause, until, limit)?;
            let (resuming_at, counted_to) = (activation_pauses::resuming_at, activation_pauses::counted_to);
            let moved_through = activation_pauses::moved_through;
            let this = activation_pauses::activation_partner.eq(partner.to_string());
            if let Some(through) = through {
                let moved = (moved_through.eq(through), resuming_at.eq(until));
                update(&activation_pauses::table, moved, this).execute(connection)?;
                return Ok(Resumption::Unfinished);
            }
            if until < asked_at {
                // Every clock is there, and the rest of the pause begins there.
                let again = (counted_to.eq(until), moved_through.eq(0), resuming_at.eq(None::<i64>));
                update(&activation_pauses::table, again, this).execute(connection)?;
                return Ok(Resumption::Unfinished);
            }
            diesel::delete(activation_pauses::table.filter(this)).execute(connection)?;
            Ok(Resumption::Ended)
        })
        .await
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = activation_pauses, check_for_backend(Sqlite))]
struct LockedPause {
    since: i64,
    moved_through: i64,
    counted_to: Option<i64>,
    resuming_at: Option<i64>,
}

/// Moves the clocks of the next customers' orders; the last of these customers, where there are more.
fn move_clocks(
    connection: &mut SqliteConnection,
    partner: ActivationPartner,
    pause: &LockedPause,
    until: i64,
    limit: usize,
) -> Result<Option<i64>, SqliteError> {
    let step: Option<StepRow> = diesel::sql_query(STEP)
        .bind::<BigInt, _>(pause.moved_through)
        .bind::<BigInt, _>(i64::try_from(limit.saturating_sub(1)).unwrap_or(i64::MAX))
        .get_result(connection)
        .optional()?;
    let through = step.map(|row| row.user_id);
    diesel::sql_query(MOVE_CLOCKS)
        .bind::<Text, _>(partner.to_string())
        .bind::<BigInt, _>(pause.counted_to.unwrap_or(pause.since))
        .bind::<BigInt, _>(until)
        .bind::<BigInt, _>(pause.moved_through)
        .bind::<BigInt, _>(through.unwrap_or(i64::MAX))
        .execute(connection)?;
    Ok(through)
}

pub(crate) fn is_paused(
    connection: &mut SqliteConnection,
    partner: ActivationPartner,
) -> Result<bool, SqliteError> {
    let pause = activation_pauses::table.find(partner.to_string()).select(activation_pauses::since);
    Ok(pause.get_result::<i64>(connection).optional()?.is_some())
}
