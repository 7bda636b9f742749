//! The audit trail.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::audit::AuditEntry;
use offers_domain::ports::{AuditTrail, StoreError};

use crate::rows::NewAuditRow;
use crate::schema::audit_events;
use crate::unit_of_work::SqliteUnitOfWork;

#[async_trait]
impl AuditTrail for SqliteUnitOfWork {
    async fn record_audit(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.over(entries, |connection, entries| {
            for entry in &entries {
                let row = NewAuditRow::try_from(entry)?;
                diesel::insert_into(audit_events::table).values(row).execute(connection)?;
            }
            Ok(())
        })
        .await
    }
}
