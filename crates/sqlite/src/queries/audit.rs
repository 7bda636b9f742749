//! Reads the audit trail.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::audit::{AuditEvent, AuditKey};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{AuditFilter, AuditQueries, StoreError};

use super::overfetch;
use crate::rows::{AuditRow, micros};
use crate::schema::audit_events;
use crate::store::SqliteStore;

#[async_trait]
impl AuditQueries for SqliteStore {
    async fn audit(
        &self,
        filter: &AuditFilter,
        page: &PageRequest<AuditKey>,
    ) -> Result<Page<AuditEvent>, StoreError> {
        let mut query = audit_events::table
            .order((audit_events::at.desc(), audit_events::id.desc()))
            .limit(overfetch(page.limit))
            .select(AuditRow::as_select())
            .into_boxed();
        if let Some(AuditKey { at, id }) = page.after {
            let earlier = audit_events::at.lt(micros(at)).or(audit_events::id.lt(id));
            query = query.filter(audit_events::at.le(micros(at)).and(earlier));
        }
        if let Some(actor) = filter.actor {
            query = query.filter(audit_events::actor_kind.eq(actor.kind().as_str()));
            query = match actor.id() {
                Some(id) => query.filter(audit_events::actor_id.eq(id)),
                None => query.filter(audit_events::actor_id.is_null()),
            };
        }
        if let Some(action) = filter.action {
            query = query.filter(audit_events::action.eq(action.as_str()));
        }
        if let Some(subject) = filter.subject {
            let kind = audit_events::subject_kind.eq(subject.kind().as_str());
            query = query.filter(kind.and(audit_events::subject_id.eq(subject.id())));
        }
        if let Some(from) = filter.from {
            query = query.filter(audit_events::at.ge(micros(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(audit_events::at.lt(micros(to)));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<AuditRow> = query.load(connection)?;
                let events = rows.into_iter().map(AuditEvent::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(events, limit))
            })
            .await
    }
}
