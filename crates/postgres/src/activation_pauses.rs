//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationPauses, Resumption, StoreError};
use time::OffsetDateTime;

use crate::rows::PauseRow;
use crate::schema::activation_pauses;
use crate::statement::statement;
use crate::unit_of_work::PgUnitOfWork;

const LOCK: &str = "
    SELECT coalesce(counted_to, since) AS since, moved_through, resuming_at
    FROM activation_pauses WHERE activation_partner = $1 FOR UPDATE";

/// The customer with whose open orders so many have been passed.
const STEP: &str = "
    SELECT user_id FROM transactions WHERE completed_at IS NULL AND user_id > $1 ORDER BY user_id LIMIT 1 OFFSET $2";

/// Locked by ascending id, as everybody locks orders. No transition, so the version stays.
const MOVE_CLOCKS: &str = "
    UPDATE transactions t SET clock_from = t.clock_from + greatest($3 - greatest($2, t.clock_from), interval '0')
    FROM (
        SELECT id FROM transactions
        WHERE activation_partner = $1 AND completed_at IS NULL AND clock_from IS NOT NULL
            AND user_id > $4 AND user_id <= $5
        ORDER BY id FOR NO KEY UPDATE
    ) AS called WHERE t.id = called.id";

const SAVE: &str =
    "UPDATE activation_pauses SET moved_through = $2, resuming_at = $3 WHERE activation_partner = $1";

/// Every clock has been moved to where an earlier resumption wanted it, and the rest of the pause begins there.
const BEGIN_AGAIN: &str = "
    UPDATE activation_pauses SET counted_to = $2, moved_through = 0, resuming_at = NULL WHERE activation_partner = $1";

#[derive(QueryableByName)]
struct LockedPause {
    #[diesel(sql_type = Timestamptz)]
    since: OffsetDateTime,
    #[diesel(sql_type = BigInt)]
    moved_through: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    resuming_at: Option<OffsetDateTime>,
}

#[derive(QueryableByName)]
struct StepRow {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
}

#[async_trait]
impl ActivationPauses for PgUnitOfWork {
    async fn pause_activation(&mut self, pause: &ActivationPause) -> Result<bool, StoreError> {
        let pause = diesel::insert_into(activation_pauses::table)
            .values(PauseRow::from(pause))
            .on_conflict(activation_pauses::activation_partner)
            .do_nothing();
        Ok(self.run(pause).await? == 1)
    }

    async fn resume_activation(
        &mut self,
        partner: ActivationPartner,
        limit: usize,
        asked_at: OffsetDateTime,
    ) -> Result<Resumption, StoreError> {
        // As exact as it is kept, so that it is known again.
        let (name, asked_at) = (partner.to_string(), asked_at.truncate_to_microsecond());
        let pause: Vec<LockedPause> = self.rows(statement(LOCK).bind::<Text, _>(name.clone())).await?;
        let Some(LockedPause { since, moved_through, resuming_at }) = pause.into_iter().next() else {
            return Ok(Resumption::NotPaused);
        };
        // What an earlier resumption has begun is brought to where it wanted it, so that no order is ahead of another.
        let until = resuming_at.unwrap_or(asked_at);
        let step = statement(STEP)
            .bind::<BigInt, _>(moved_through)
            .bind::<BigInt, _>(i64::try_from(limit.saturating_sub(1)).unwrap_or(i64::MAX));
        let step: Vec<StepRow> = self.rows(step).await?;
        let through = step.first().map(|row| row.user_id);
        let clocks = statement(MOVE_CLOCKS)
            .bind::<Text, _>(name.clone())
            .bind::<Timestamptz, _>(since)
            .bind::<Timestamptz, _>(until)
            .bind::<BigInt, _>(moved_through)
            .bind::<BigInt, _>(through.unwrap_or(i64::MAX));
        self.write(clocks)?;
        if let Some(through) = through {
            let save = statement(SAVE).bind::<Text, _>(name);
            self.write(save.bind::<BigInt, _>(through).bind::<Timestamptz, _>(until))?;
            return Ok(Resumption::Unfinished);
        }
        if until < asked_at {
            self.write(statement(BEGIN_AGAIN).bind::<Text, _>(name).bind::<Timestamptz, _>(until))?;
            return Ok(Resumption::Unfinished);
        }
        let pause = activation_pauses::table.filter(activation_pauses::activation_partner.eq(name));
        self.write(diesel::delete(pause))?;
        Ok(Resumption::Ended)
    }
}
