//! Idempotency records.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, Scope, StoredResponse};
use offers_domain::ids::TransactionId;
use offers_domain::ports::StoreError;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Reading;
use crate::schema::idempotency_records;

/// What was answered to whom.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = idempotency_records, check_for_backend(Pg))]
pub(crate) struct RecordRow {
    pub(crate) principal: String,
    pub(crate) route: String,
    pub(crate) key: String,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) transaction_id: Uuid,
    pub(crate) response_status: i64,
    pub(crate) response_body: String,
    pub(crate) created_at: OffsetDateTime,
}

impl RecordRow {
    pub(crate) fn is_in(&self, scope: &Scope) -> bool {
        self.route == scope.route
            && self.key == scope.key.as_str()
            && self.principal == scope.principal.to_string()
    }

    /// The record in the scope that it was looked up by.
    pub(crate) fn in_scope(self, scope: &Scope) -> Result<IdempotencyRecord, StoreError> {
        // The key is the client's; the principal says enough about where to look.
        let reading = Reading { table: "idempotency_records", row: &scope.principal };
        Ok(IdempotencyRecord {
            handle: IdempotencyHandle {
                scope: scope.clone(),
                fingerprint: reading.digest("fingerprint", &self.fingerprint)?,
            },
            transaction: TransactionId(self.transaction_id),
            response: StoredResponse {
                status: reading.number("response_status", self.response_status)?,
                body: self.response_body,
            },
            created_at: self.created_at,
        })
    }
}

impl From<&IdempotencyRecord> for RecordRow {
    fn from(record: &IdempotencyRecord) -> Self {
        let scope = &record.handle.scope;
        Self {
            principal: scope.principal.to_string(),
            route: scope.route.to_owned(),
            key: scope.key.as_str().to_owned(),
            fingerprint: record.handle.fingerprint.to_vec(),
            transaction_id: record.transaction.0,
            response_status: i64::from(record.response.status),
            response_body: record.response.body.clone(),
            created_at: record.created_at,
        }
    }
}
