//! Idempotency records.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, Scope, StoredResponse};
use offers_domain::ids::TransactionId;
use offers_domain::ports::StoreError;

use super::{Reading, micros};
use crate::schema::idempotency_records;

/// What is kept beside the scope.
#[derive(Queryable, Selectable)]
#[diesel(table_name = idempotency_records, check_for_backend(Sqlite))]
pub(crate) struct RecordRow {
    fingerprint: Vec<u8>,
    transaction_id: Vec<u8>,
    response_status: i64,
    response_body: String,
    created_at: i64,
}

impl RecordRow {
    /// The record in the scope that it was looked up by.
    pub(crate) fn in_scope(self, scope: &Scope) -> Result<IdempotencyRecord, StoreError> {
        // The key is the client's; the principal says enough about where to look.
        let reading = Reading { table: "idempotency_records", row: &scope.principal };
        Ok(IdempotencyRecord {
            handle: IdempotencyHandle {
                scope: scope.clone(),
                fingerprint: reading.digest("fingerprint", &self.fingerprint)?,
            },
            transaction: TransactionId(reading.uuid("transaction_id", &self.transaction_id)?),
            response: StoredResponse {
                status: reading.number("response_status", self.response_status)?,
                body: self.response_body,
            },
            created_at: reading.instant("created_at", self.created_at)?,
        })
    }
}

/// A record to be added.
#[derive(Insertable)]
#[diesel(table_name = idempotency_records)]
pub(crate) struct NewRecordRow<'a> {
    principal: String,
    route: &'static str,
    key: &'a str,
    fingerprint: &'a [u8],
    transaction_id: &'a [u8],
    response_status: i64,
    response_body: &'a str,
    created_at: i64,
}

impl<'a> From<&'a IdempotencyRecord> for NewRecordRow<'a> {
    fn from(record: &'a IdempotencyRecord) -> Self {
        let scope = &record.handle.scope;
        Self {
            principal: scope.principal.to_string(),
            route: scope.route,
            key: scope.key.as_str(),
            fingerprint: &record.handle.fingerprint,
            transaction_id: record.transaction.0.as_bytes(),
            response_status: i64::from(record.response.status),
            response_body: &record.response.body,
            created_at: micros(record.created_at),
        }
    }
}
