//! Incidents and the work that they make.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, NewIncident};
use offers_domain::ports::{Incidents, Locked, StoreError};
use time::OffsetDateTime;

use crate::rows::{IncidentRow, NewIncidentRow, SavedIncidentRow};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const INSERT: &str = "
    INSERT INTO incidents (
        transaction_id, activation_partner, kind, evidence, status, due_at, created_at, updated_at
    )
    SELECT transaction_id, activation_partner, kind, evidence, status, due_at, created_at, created_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (
        transaction_id, activation_partner, kind, evidence, status, due_at, created_at
    )
    ORDER BY transaction_id, kind
    ON CONFLICT (transaction_id, kind) DO NOTHING";

const LOCK_DUE: &str = "
    SELECT id, transaction_id, activation_partner, kind, evidence, created_at, status, due_at, attempt, last_answer,
           updated_at
    FROM incidents
    WHERE due_at <= $1 AND activation_partner = ANY ($2)
        AND activation_partner NOT IN (SELECT activation_partner FROM activation_pauses) AND id <> ALL ($4)
    ORDER BY due_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED";

const LOCK: &str = "
    SELECT id, transaction_id, activation_partner, kind, evidence, created_at, status, due_at, attempt, last_answer,
           updated_at
    FROM incidents WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

const UPDATE: &str = "
    UPDATE incidents t SET
        status = n.status, due_at = n.due_at, attempt = n.attempt, last_answer = n.last_answer, updated_at = n.updated_at
    FROM unnest($1, $2, $3, $4, $5, $6) AS n (id, status, due_at, attempt, last_answer, updated_at)
    WHERE t.id = n.id";

#[async_trait]
impl Incidents for PgUnitOfWork {
    async fn insert_incidents(&mut self, incidents: &[NewIncident]) -> Result<(), StoreError> {
        if incidents.is_empty() {
            return Ok(());
        }
        let rows: Vec<NewIncidentRow> = incidents.iter().map(NewIncidentRow::from).collect();
        let insert = bind_columns!(statement(INSERT), rows;
            transaction_id: Uuid, activation_partner: Text, kind: Text, evidence: Text, status: Text,
            due_at: Nullable<Timestamptz>, created_at: Timestamptz);
        self.write(insert)
    }

    async fn lock_due_incidents(
        &mut self,
        partners: &[ActivationPartner],
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Incident>>, StoreError> {
        if partners.is_empty() {
            return Ok(Vec::new());
        }
        let partners: Vec<String> = partners.iter().map(ToString::to_string).collect();
        let due = |unreadable| {
            statement(LOCK_DUE)
                .bind::<Timestamptz, _>(now)
                .bind::<Array<Text>, _>(partners.clone())
                .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
                .bind::<Array<BigInt>, _>(unreadable)
        };
        self.locked_work(due, |row: &IncidentRow| row.id).await
    }

    async fn lock_incidents(&mut self, ids: &[IncidentId]) -> Result<Vec<Locked<Incident>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<IncidentRow> = self.rows(statement(LOCK).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(|row| Ok(Locked::by_store(Incident::try_from(row)?))).collect()
    }

    async fn update_incidents(&mut self, incidents: &[Incident]) -> Result<(), StoreError> {
        if incidents.is_empty() {
            return Ok(());
        }
        let rows: Vec<SavedIncidentRow> = incidents.iter().map(SavedIncidentRow::from).collect();
        let update = bind_columns!(statement(UPDATE), rows;
            id: BigInt, state.status: Text, state.due_at: Nullable<Timestamptz>, state.attempt: BigInt,
            state.last_answer: Nullable<Text>, state.updated_at: Timestamptz);
        self.write_rows(update, rows.len(), StoreError::Misuse("there is no such incident".into()))
    }
}
