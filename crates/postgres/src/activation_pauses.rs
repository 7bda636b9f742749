//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz};
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationPauses, StoreError};
use time::OffsetDateTime;

use crate::rows::PauseRow;
use crate::schema::activation_pauses;
use crate::statement::statement;
use crate::unit_of_work::PgUnitOfWork;

/// Locked by ascending id, as everybody locks orders. No transition, so the version stays.
const MOVE_CLOCKS: &str = "
    UPDATE transactions t SET clock_from = t.clock_from + greatest($3 - greatest($2, t.clock_from), interval '0')
    FROM (
        SELECT id FROM transactions
        WHERE activation_partner = $1 AND completed_at IS NULL AND clock_from IS NOT NULL
        ORDER BY id FOR NO KEY UPDATE
    ) AS called WHERE t.id = called.id";

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
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let pause = diesel::delete(activation_pauses::table)
            .filter(activation_pauses::activation_partner.eq(partner.to_string()))
            .returning(activation_pauses::since);
        let ended: Vec<OffsetDateTime> = self.rows(pause).await?;
        let Some(since) = ended.first() else { return Ok(false) };
        let clocks = statement(MOVE_CLOCKS)
            .bind::<Text, _>(partner.to_string())
            .bind::<Timestamptz, _>(*since)
            .bind::<Timestamptz, _>(now);
        self.run(clocks).await?;
        Ok(true)
    }
}
