//! The audit trail.

use offers_domain::audit::{
    Actor, ActorKind, AuditAction, AuditEvent, AuditKey, Details, Subject, SubjectKind,
};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::AuditFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::dto::spelled::Spelled;
use crate::dto::text::{IdText, Line, Text};
use crate::dto::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call the trail.
pub(crate) const TRAIL: &str = "audit";

/// Which part of the trail, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    actor: Option<Text<ActorKind>>,
    actor_id: Option<Text<IdText<i64>>>,
    action: Option<Text<AuditAction>>,
    subject: Option<Text<SubjectKind>>,
    subject_id: Option<Text<Line<64>>>,
    from: Option<Text<OffsetDateTime>>,
    to: Option<Text<OffsetDateTime>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl AuditQuery {
    /// Which part of the trail, which page.
    pub(crate) fn search(self) -> Result<(AuditFilter, PageRequest<AuditKey>), Problem> {
        let page = page_request(TRAIL, self.limit, self.cursor.as_deref())?;
        let unmatched = |pointer| {
            Problem::invalid_value(pointer, "A kind and an id of that kind are given together, or neither.")
        };
        let actor_id = self.actor_id.map(|Text(IdText(id))| id);
        let actor = match (self.actor, actor_id) {
            (None, None) => None,
            (Some(Text(kind)), id) => Some(Actor::of(kind, id).ok_or_else(|| unmatched("/query/actor_id"))?),
            (None, Some(_)) => return Err(unmatched("/query/actor")),
        };
        let subject = match (self.subject, self.subject_id) {
            (None, None) => None,
            (Some(Text(kind)), Some(Text(Line(id)))) => {
                Some(Subject::of(kind, &id).ok_or_else(|| unmatched("/query/subject_id"))?)
            }
            _ => return Err(unmatched("/query/subject")),
        };
        let filter = AuditFilter {
            actor,
            action: self.action.map(|Text(action)| action),
            subject,
            from: self.from.map(|Text(at)| at),
            to: self.to.map(|Text(at)| at),
        };
        Ok((filter, page))
    }
}

/// One deed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditBody {
    id: i64,
    at: Timestamp,
    actor: Spelled<ActorKind>,
    actor_id: Option<i64>,
    action: Spelled<AuditAction>,
    subject: Spelled<SubjectKind>,
    subject_id: String,
    reason: Option<String>,
    details: Details,
    request_id: Option<String>,
}

impl From<AuditEvent> for AuditBody {
    fn from(event: AuditEvent) -> Self {
        let AuditEvent { id, entry } = event;
        Self {
            id,
            at: entry.at.into(),
            actor: entry.actor.kind().into(),
            actor_id: entry.actor.id(),
            action: entry.action.into(),
            subject: entry.subject.kind().into(),
            subject_id: entry.subject.id(),
            reason: entry.reason.map(|reason| reason.as_str().to_owned()),
            details: entry.details,
            request_id: entry.request.map(|id| id.as_str().to_owned()),
        }
    }
}
