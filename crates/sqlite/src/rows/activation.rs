//! Activation partners: pauses, reports and incidents.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::activation_partner::ActivationPause;
use offers_domain::audit::Reason;
use offers_domain::callback::Received;
use offers_domain::ids::{IncidentId, TransactionId};
use offers_domain::incident::{Incident, IncidentState, IncidentStatus, NewIncident};
use offers_domain::ports::StoreError;

use super::{Reading, micros};
use crate::schema::{activation_callbacks, activation_pauses, incidents};

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

/// A report, to be kept.
#[derive(Insertable)]
#[diesel(table_name = activation_callbacks, treat_none_as_default_value = false)]
pub(crate) struct CallbackRow {
    activation_partner: String,
    callback_id: String,
    transaction_id: Vec<u8>,
    answer: &'static str,
    detail: Option<String>,
    outcome: &'static str,
    received_at: i64,
}

impl From<&Received> for CallbackRow {
    fn from(received: &Received) -> Self {
        let callback = &received.callback;
        Self {
            activation_partner: callback.partner.to_string(),
            callback_id: callback.id.as_str().to_owned(),
            transaction_id: callback.transaction.0.as_bytes().to_vec(),
            answer: callback.answer.kind().as_str(),
            detail: callback.answer.detail(),
            outcome: received.outcome.as_str(),
            received_at: micros(received.at),
        }
    }
}

/// An incident, to be recorded.
#[derive(Insertable)]
#[diesel(table_name = incidents, treat_none_as_default_value = false)]
pub(crate) struct NewIncidentRow {
    transaction_id: Vec<u8>,
    activation_partner: String,
    kind: &'static str,
    evidence: String,
    status: &'static str,
    due_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl From<&NewIncident> for NewIncidentRow {
    fn from(new: &NewIncident) -> Self {
        let (state, at) = (new.state(), micros(new.at));
        Self {
            transaction_id: new.transaction.0.as_bytes().to_vec(),
            activation_partner: new.partner.to_string(),
            kind: new.kind.as_str(),
            evidence: new.evidence.clone(),
            status: state.status().as_str(),
            due_at: state.due_at().map(micros),
            created_at: at,
            updated_at: at,
        }
    }
}

/// An incident.
#[derive(Queryable, Selectable)]
#[diesel(table_name = incidents, check_for_backend(Sqlite))]
pub(crate) struct IncidentRow {
    id: i64,
    transaction_id: Vec<u8>,
    activation_partner: String,
    kind: String,
    evidence: String,
    created_at: i64,
    #[diesel(embed)]
    state: IncidentStateRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = incidents, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct IncidentStateRow {
    status: String,
    due_at: Option<i64>,
    attempt: i64,
    last_answer: Option<String>,
    updated_at: i64,
}

impl From<&Incident> for IncidentStateRow {
    fn from(incident: &Incident) -> Self {
        Self {
            status: incident.state.status().to_string(),
            due_at: incident.state.due_at().map(micros),
            attempt: i64::from(incident.attempt),
            last_answer: incident.last_answer.clone(),
            updated_at: micros(incident.updated_at),
        }
    }
}

impl TryFrom<IncidentRow> for Incident {
    type Error = StoreError;

    fn try_from(row: IncidentRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "incidents", row: &row.id };
        let state = match reading.spelled("status", &row.state.status)? {
            IncidentStatus::Voiding => {
                let due = reading.optional_instant("due_at", row.state.due_at)?;
                IncidentState::Voiding(due.ok_or_else(|| reading.corrupt("due_at"))?)
            }
            IncidentStatus::NeedsAttention => IncidentState::NeedsAttention,
            IncidentStatus::Resolved => IncidentState::Resolved,
        };
        Ok(Self {
            id: IncidentId(row.id),
            transaction: TransactionId(reading.uuid("transaction_id", &row.transaction_id)?),
            partner: reading.spelled("activation_partner", &row.activation_partner)?,
            kind: reading.spelled("kind", &row.kind)?,
            evidence: row.evidence,
            state,
            attempt: reading.number("attempt", row.state.attempt)?,
            last_answer: row.state.last_answer,
            created_at: reading.instant("created_at", row.created_at)?,
            updated_at: reading.instant("updated_at", row.state.updated_at)?,
        })
    }
}
