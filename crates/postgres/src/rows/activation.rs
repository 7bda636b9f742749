//! Activation partners: pauses, reports and incidents.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::activation_partner::ActivationPause;
use offers_domain::audit::Reason;
use offers_domain::callback::Received;
use offers_domain::ids::{IncidentId, TransactionId};
use offers_domain::incident::{Incident, IncidentState, IncidentStatus, NewIncident};
use offers_domain::ports::StoreError;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Reading;
use crate::schema::{activation_pauses, incidents};

/// A pause.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = activation_pauses, check_for_backend(Pg))]
pub(crate) struct PauseRow {
    activation_partner: String,
    reason: String,
    since: OffsetDateTime,
}

impl From<&ActivationPause> for PauseRow {
    fn from(pause: &ActivationPause) -> Self {
        Self {
            activation_partner: pause.partner.to_string(),
            reason: pause.reason.as_str().to_owned(),
            since: pause.since,
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
            since: row.since,
        })
    }
}

/// A report, to be kept.
pub(crate) struct CallbackRow {
    pub(crate) activation_partner: String,
    pub(crate) callback_id: String,
    pub(crate) transaction_id: Uuid,
    pub(crate) answer: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) outcome: &'static str,
    pub(crate) received_at: OffsetDateTime,
}

impl From<&Received> for CallbackRow {
    fn from(received: &Received) -> Self {
        let callback = &received.callback;
        Self {
            activation_partner: callback.partner.to_string(),
            callback_id: callback.id.as_str().to_owned(),
            transaction_id: callback.transaction.0,
            answer: callback.answer.kind().as_str(),
            detail: callback.answer.detail(),
            outcome: received.outcome.as_str(),
            received_at: received.at,
        }
    }
}

/// An incident, to be recorded.
pub(crate) struct NewIncidentRow {
    pub(crate) transaction_id: Uuid,
    pub(crate) activation_partner: String,
    pub(crate) kind: &'static str,
    pub(crate) evidence: String,
    pub(crate) status: &'static str,
    pub(crate) due_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
}

impl From<&NewIncident> for NewIncidentRow {
    fn from(new: &NewIncident) -> Self {
        let state = new.state();
        Self {
            transaction_id: new.transaction.0,
            activation_partner: new.partner.to_string(),
            kind: new.kind.as_str(),
            evidence: new.evidence.clone(),
            status: state.status().as_str(),
            due_at: state.due_at(),
            created_at: new.at,
        }
    }
}

/// An incident.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = incidents, check_for_backend(Pg))]
pub(crate) struct IncidentRow {
    pub(crate) id: i64,
    transaction_id: Uuid,
    activation_partner: String,
    kind: String,
    evidence: String,
    created_at: OffsetDateTime,
    #[diesel(embed)]
    state: IncidentStateRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = incidents, check_for_backend(Pg))]
pub(crate) struct IncidentStateRow {
    pub(crate) status: String,
    pub(crate) due_at: Option<OffsetDateTime>,
    pub(crate) attempt: i64,
    pub(crate) last_answer: Option<String>,
    pub(crate) updated_at: OffsetDateTime,
}

/// An incident, to be saved.
pub(crate) struct SavedIncidentRow {
    pub(crate) id: i64,
    pub(crate) state: IncidentStateRow,
}

impl From<&Incident> for SavedIncidentRow {
    fn from(incident: &Incident) -> Self {
        let state = IncidentStateRow {
            status: incident.state.status().to_string(),
            due_at: incident.state.due_at(),
            attempt: i64::from(incident.attempt),
            last_answer: incident.last_answer.clone(),
            updated_at: incident.updated_at,
        };
        Self { id: incident.id.0, state }
    }
}

impl TryFrom<IncidentRow> for Incident {
    type Error = StoreError;

    fn try_from(row: IncidentRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "incidents", row: &row.id };
        let state = match reading.spelled("status", &row.state.status)? {
            IncidentStatus::Voiding => {
                IncidentState::Voiding(row.state.due_at.ok_or_else(|| reading.corrupt("due_at"))?)
            }
            IncidentStatus::NeedsAttention => IncidentState::NeedsAttention,
            IncidentStatus::Resolved => IncidentState::Resolved,
        };
        Ok(Self {
            id: IncidentId(row.id),
            transaction: TransactionId(row.transaction_id),
            partner: reading.spelled("activation_partner", &row.activation_partner)?,
            kind: reading.spelled("kind", &row.kind)?,
            evidence: row.evidence,
            state,
            attempt: reading.number("attempt", row.state.attempt)?,
            last_answer: row.state.last_answer,
            created_at: row.created_at,
            updated_at: row.state.updated_at,
        })
    }
}
