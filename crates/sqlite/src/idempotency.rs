//! Idempotency records.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use offers_domain::idempotency::{IdempotencyRecord, Scope};
use offers_domain::ports::{IdempotencyRecords, StoreError};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{NewRecordRow, RecordRow, micros};
use crate::schema::idempotency_records;
use crate::unit_of_work::SqliteUnitOfWork;

const PURGE: &str = "
    DELETE FROM idempotency_records WHERE rowid IN (
        SELECT rowid FROM idempotency_records WHERE created_at < ? ORDER BY created_at LIMIT ?
    )";

#[async_trait]
impl IdempotencyRecords for SqliteUnitOfWork {
    async fn find_records(&mut self, scopes: &[Scope]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        self.over(scopes, |connection, scopes| {
            scopes.iter().filter_map(|scope| find(connection, scope).transpose()).collect()
        })
        .await
    }

    async fn insert_records(&mut self, records: &[IdempotencyRecord]) -> Result<(), StoreError> {
        self.over(records, |connection, records| {
            for record in &records {
                diesel::insert_into(idempotency_records::table)
                    .values(NewRecordRow::from(record))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn purge_records(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let (limit, at_most) = (micros(limit), i64::try_from(at_most).unwrap_or(i64::MAX));
        self.run(move |connection| {
            let purge = diesel::sql_query(PURGE).bind::<BigInt, _>(limit).bind::<BigInt, _>(at_most);
            Ok(purge.execute(connection)?)
        })
        .await
    }
}

fn find(connection: &mut SqliteConnection, scope: &Scope) -> Result<Option<IdempotencyRecord>, SqliteError> {
    let row = idempotency_records::table
        .filter(idempotency_records::principal.eq(scope.principal.to_string()))
        .filter(idempotency_records::route.eq(scope.route))
        .filter(idempotency_records::key.eq(scope.key.as_str()))
        .select(RecordRow::as_select())
        .get_result(connection)
        .optional()?;
    Ok(row.map(|row: RecordRow| row.in_scope(scope)).transpose()?)
}
