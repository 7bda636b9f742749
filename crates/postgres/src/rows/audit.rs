//! The audit trail.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::audit::{Actor, AuditEntry, AuditEvent, Reason, RequestId, Subject};
use offers_domain::ports::StoreError;
use time::OffsetDateTime;

use super::Reading;
use crate::schema::audit_events;

/// An entry to be added.
pub(crate) struct NewAuditRow {
    pub(crate) at: OffsetDateTime,
    pub(crate) actor_kind: &'static str,
    pub(crate) actor_id: Option<i64>,
    pub(crate) action: &'static str,
    pub(crate) subject_kind: &'static str,
    pub(crate) subject_id: String,
    pub(crate) reason: Option<String>,
    pub(crate) details: String,
    pub(crate) request_id: Option<String>,
}

impl TryFrom<&AuditEntry> for NewAuditRow {
    type Error = StoreError;

    fn try_from(entry: &AuditEntry) -> Result<Self, StoreError> {
        let details = serde_json::to_string(&entry.details);
        Ok(Self {
            at: entry.at,
            actor_kind: entry.actor.kind().as_str(),
            actor_id: entry.actor.id(),
            action: entry.action.as_str(),
            subject_kind: entry.subject.kind().as_str(),
            subject_id: entry.subject.id(),
            reason: entry.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            details: details.map_err(|error| StoreError::Misuse(error.to_string()))?,
            request_id: entry.request.as_ref().map(|id| id.as_str().to_owned()),
        })
    }
}

/// An entry in its place.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_events, check_for_backend(Pg))]
pub(crate) struct AuditRow {
    id: i64,
    at: OffsetDateTime,
    actor_kind: String,
    actor_id: Option<i64>,
    action: String,
    subject_kind: String,
    subject_id: String,
    reason: Option<String>,
    details: String,
    request_id: Option<String>,
}

impl TryFrom<AuditRow> for AuditEvent {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "audit_events", row: &row.id };
        let corrupt = |column| reading.corrupt(column);
        let actor_kind = reading.spelled("actor_kind", &row.actor_kind)?;
        let subject_kind = reading.spelled("subject_kind", &row.subject_kind)?;
        let reason = row.reason.as_deref().map(Reason::try_new).transpose();
        let request = row.request_id.as_deref().map(|id| RequestId::try_new(id).ok_or(()));
        let entry = AuditEntry {
            actor: Actor::of(actor_kind, row.actor_id).ok_or_else(|| corrupt("actor_id"))?,
            action: reading.spelled("action", &row.action)?,
            subject: Subject::of(subject_kind, &row.subject_id).ok_or_else(|| corrupt("subject_id"))?,
            reason: reason.map_err(|_| corrupt("reason"))?,
            details: serde_json::from_str(&row.details).map_err(|_| corrupt("details"))?,
            request: request.transpose().map_err(|()| corrupt("request_id"))?,
            at: row.at,
        };
        Ok(Self { id: row.id, entry })
    }
}
