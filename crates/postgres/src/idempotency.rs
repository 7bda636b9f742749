//! Idempotency records.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Binary, Text, Timestamptz, Uuid};
use offers_domain::idempotency::{IdempotencyRecord, Scope};
use offers_domain::ports::{IdempotencyRecords, StoreError};
use time::OffsetDateTime;

use crate::rows::RecordRow;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const FIND: &str = "
    SELECT principal, route, key, fingerprint, transaction_id, response_status, response_body, created_at
    FROM unnest($1, $2, $3) AS n (principal, route, key) JOIN idempotency_records USING (principal, route, key)";

const INSERT: &str = "
    INSERT INTO idempotency_records (
        principal, route, key, fingerprint, transaction_id, response_status, response_body, created_at
    )
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)";

/// By the rows' places, which hold still: records are never changed.
const PURGE: &str = "
    DELETE FROM idempotency_records WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_records WHERE created_at < $1 ORDER BY created_at LIMIT $2
    ))";

#[async_trait]
impl IdempotencyRecords for PgUnitOfWork {
    async fn find_records(&mut self, scopes: &[Scope]) -> Result<Vec<IdempotencyRecord>, StoreError> {
        if scopes.is_empty() {
            return Ok(Vec::new());
        }
        let principals: Vec<String> = scopes.iter().map(|scope| scope.principal.to_string()).collect();
        let routes: Vec<&'static str> = scopes.iter().map(|scope| scope.route).collect();
        let keys: Vec<String> = scopes.iter().map(|scope| scope.key.as_str().to_owned()).collect();
        let find = statement(FIND)
            .bind::<Array<Text>, _>(principals)
            .bind::<Array<Text>, _>(routes)
            .bind::<Array<Text>, _>(keys);
        let rows: Vec<RecordRow> = self.rows(find).await?;
        let record = |row: RecordRow| {
            let scope = scopes.iter().find(|scope| row.is_in(scope))?;
            Some(row.in_scope(scope))
        };
        rows.into_iter().filter_map(record).collect()
    }

    async fn insert_records(&mut self, records: &[IdempotencyRecord]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let rows: Vec<RecordRow> = records.iter().map(RecordRow::from).collect();
        let insert = bind_columns!(statement(INSERT), rows;
            principal: Text, route: Text, key: Text, fingerprint: Binary, transaction_id: Uuid,
            response_status: BigInt, response_body: Text, created_at: Timestamptz);
        self.write(insert)
    }

    async fn purge_records(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        self.run(statement(PURGE).bind::<Timestamptz, _>(limit).bind::<BigInt, _>(at_most)).await
    }
}
