//! Activation partners that are not called.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::activation_partner::ActivationPause;
use offers_domain::audit::Reason;
use offers_domain::ports::StoreError;

use super::{Reading, micros};
use crate::schema::activation_pauses;

/// A pause.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activation_pauses, check_for_backend(Sqlite))]
pub(crate) struct PauseRow {
    activation_partner: String,
    reason: String,
    since: i64,
}

impl From<&ActivationPause> for PauseRow {
    fn from(pause: &ActivationPause) -> Self {
        Self {
            activation_partner: pause.partner.to_string(),
            reason: pause.reason.as_str().to_owned(),
            since: micros(pause.since),
        }
    }
}

impl TryFrom<PauseRow> for ActivationPause {
    type Error = StoreError;

    fn try_from(row: PauseRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "activation_pauses", row: &row.activation_partner };
        Ok(Self {
            partner: reading.spelled("activation_partner", &row.activation_partner)?,
            reason: Reason::try_new(&row.reason).map_err(|_| reading.corrupt("reason"))?,
            since: reading.instant("since", row.since)?,
        })
    }
}
