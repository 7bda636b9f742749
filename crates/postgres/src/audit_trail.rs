//! The audit trail.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use offers_domain::audit::AuditEntry;
use offers_domain::ports::{AuditTrail, StoreError};

use crate::rows::NewAuditRow;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const RECORD: &str = "
    INSERT INTO audit_events
        (at, actor_kind, actor_id, action, subject_kind, subject_id, reason, details, request_id)
    SELECT at, actor_kind, actor_id, action, subject_kind, subject_id, reason, details, request_id
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY
        AS n (at, actor_kind, actor_id, action, subject_kind, subject_id, reason, details, request_id, place)
    ORDER BY place";

#[async_trait]
impl AuditTrail for PgUnitOfWork {
    async fn record_audit(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let rows = entries.iter().map(NewAuditRow::try_from).collect::<Result<Vec<_>, _>>()?;
        let record = bind_columns!(statement(RECORD), rows;
            at: Timestamptz, actor_kind: Text, actor_id: Nullable<BigInt>, action: Text, subject_kind: Text,
            subject_id: Text, reason: Nullable<Text>, details: Text, request_id: Nullable<Text>);
        self.write(record)
    }
}
