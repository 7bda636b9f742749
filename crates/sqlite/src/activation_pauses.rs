//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationPauses, StoreError};

use crate::error::SqliteError;
use crate::rows::PauseRow;
use crate::schema::activation_pauses;
use crate::unit_of_work::SqliteUnitOfWork;

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

    async fn resume_activation(&mut self, partner: ActivationPartner) -> Result<bool, StoreError> {
        self.run(move |connection| {
            let ended = diesel::delete(activation_pauses::table.find(partner.to_string()));
            Ok(ended.execute(connection)? == 1)
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
