//! Activation partners that are not called.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationPauses, StoreError};

use crate::rows::PauseRow;
use crate::schema::activation_pauses;
use crate::unit_of_work::PgUnitOfWork;

#[async_trait]
impl ActivationPauses for PgUnitOfWork {
    async fn pause_activation(&mut self, pause: &ActivationPause) -> Result<bool, StoreError> {
        let pause = diesel::insert_into(activation_pauses::table)
            .values(PauseRow::from(pause))
            .on_conflict(activation_pauses::activation_partner)
            .do_nothing();
        Ok(self.run(pause).await? == 1)
    }

    async fn resume_activation(&mut self, partner: ActivationPartner) -> Result<bool, StoreError> {
        let pause = diesel::delete(activation_pauses::table)
            .filter(activation_pauses::activation_partner.eq(partner.to_string()));
        Ok(self.run(pause).await? == 1)
    }
}
