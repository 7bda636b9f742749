//! Orders, their history and the work list.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use offers_domain::activation_partner::Places;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{DueTransactions, Locked, StoreError, Transactions};
use offers_domain::settlement::Attempt;
use offers_domain::transaction::{Order, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::rows::{AttemptRow, TransactionRow, WorkRow};
use crate::schema::transactions;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

/// The orders, and the first entry in the history of each.
const INSERT: &str = "
    WITH placed AS (
        INSERT INTO transactions (
            id, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at, from_stock,
            activation_partner, status, sub_status, due_at, leased, attempt, lost_leases, version, reference, error_code,
            error_message, updated_at, completed_at, called_at, clock_from, traceparent
        )
        SELECT * FROM unnest(
            $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
            $25, $26, $27
        )
        RETURNING id, version, status, sub_status, attempt, updated_at
    )
    INSERT INTO transaction_events (transaction_id, version, status, sub_status, attempt, at)
    SELECT id, version, status, sub_status, attempt, updated_at FROM placed";

/// The orders at the version before, and the entry that this transition makes in the history of each.
const UPDATE: &str = "
    WITH saved AS (
        UPDATE transactions t SET
            status = n.status, sub_status = n.sub_status, due_at = n.due_at, leased = n.leased, attempt = n.attempt,
            lost_leases = n.lost_leases, version = n.version, reference = n.reference, error_code = n.error_code,
            error_message = n.error_message, updated_at = n.updated_at, completed_at = n.completed_at,
            called_at = n.called_at, clock_from = n.clock_from
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS n (
            id, status, sub_status, due_at, leased, attempt, lost_leases, version, reference, error_code, error_message,
            updated_at, completed_at, called_at, clock_from
        )
        WHERE t.id = n.id AND t.version = n.version - 1
        RETURNING t.id, t.version, t.status, t.sub_status, t.attempt, t.updated_at
    )
    INSERT INTO transaction_events (transaction_id, version, status, sub_status, attempt, at)
    SELECT id, version, status, sub_status, attempt, updated_at FROM saved";

const LOCK: &str = "
    SELECT id, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at, from_stock,
           activation_partner, status, sub_status, due_at, leased, attempt, lost_leases, version, reference, error_code,
           error_message, updated_at, completed_at, called_at, clock_from, traceparent
    FROM transactions WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

/// One walk down the work list of each partner. Where nothing has tidied it up, it begins with the places of orders that have
/// long left it: a hundred for each page of the index.
const LOCK_DUE: &str = "
    SELECT due.* FROM (
        SELECT partner, CASE WHEN pauses.since IS NULL THEN free ELSE 0 END AS free,
               COALESCE(places.since, '-infinity') AS since
        FROM unnest($1, $2, $3) AS places (partner, free, since)
        LEFT JOIN activation_pauses pauses ON pauses.activation_partner = partner
    ) AS places CROSS JOIN LATERAL (
        SELECT id, user_id, offer_id, account_id, amount, currency, duration_days, channel, renews, created_at, from_stock,
               activation_partner, status, sub_status, due_at, leased, attempt, lost_leases, version, reference, error_code,
               error_message, updated_at, completed_at, called_at, clock_from, traceparent
        FROM transactions
        WHERE activation_partner = places.partner AND due_at BETWEEN places.since AND $4 AND id <> ALL ($5)
        ORDER BY due_at, id LIMIT places.free FOR NO KEY UPDATE SKIP LOCKED
    ) AS due ORDER BY due.due_at, due.id";

const RECORD_ATTEMPTS: &str = "
    INSERT INTO attempts (transaction_id, number, step, answer, detail, started_at, ended_at)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)";

#[async_trait]
impl Transactions for PgUnitOfWork {
    async fn insert_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError> {
        if transactions.is_empty() {
            return Ok(());
        }
        let rows: Vec<TransactionRow> = transactions.iter().map(TransactionRow::from).collect();
        let insert = bind_columns!(statement(INSERT), rows;
            id: SqlUuid, user_id: BigInt, offer_id: BigInt, account_id: BigInt, amount: Numeric, currency: Text,
            duration_days: BigInt, channel: Text, renews: Nullable<BigInt>, created_at: Timestamptz, from_stock: Bool,
            activation_partner: Text,
            state.status: Text, state.sub_status: Text, state.due_at: Nullable<Timestamptz>, state.leased: Bool,
            state.attempt: BigInt, state.lost_leases: BigInt, state.version: BigInt, state.reference: Nullable<Text>,
            state.error_code: Nullable<Text>, state.error_message: Nullable<Text>, state.updated_at: Timestamptz,
            state.completed_at: Nullable<Timestamptz>,
            state.called_at: Nullable<Timestamptz>, state.clock_from: Nullable<Timestamptz>,
            traceparent: Nullable<Text>);
        self.write(insert)
    }

    async fn find_orders(
        &mut self,
        ids: &[TransactionId],
    ) -> Result<Vec<(TransactionId, Order)>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let found =
            transactions::table.filter(transactions::id.eq_any(ids)).select(TransactionRow::as_select());
        let rows: Vec<TransactionRow> = self.rows(found).await?;
        let read = |row| Transaction::try_from(row).map(|order| (order.id(), *order.order()));
        rows.into_iter().map(read).collect()
    }

    async fn lock_transactions(
        &mut self,
        ids: &[TransactionId],
    ) -> Result<Vec<Locked<Transaction>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        locked(self.rows(statement(LOCK).bind::<Array<SqlUuid>, _>(ids)).await?)
    }

    async fn lock_due_transactions(
        &mut self,
        places: &[Places],
        now: OffsetDateTime,
    ) -> Result<DueTransactions, StoreError> {
        if places.is_empty() {
            return Ok(DueTransactions::default());
        }
        let partners: Vec<String> = places.iter().map(|places| places.partner.to_string()).collect();
        let free: Vec<i64> =
            places.iter().map(|places| i64::try_from(places.free).unwrap_or(i64::MAX)).collect();
        let since: Vec<Option<OffsetDateTime>> = places.iter().map(|places| places.since).collect();
        let due = |unreadable| {
            statement(LOCK_DUE)
                .bind::<Array<Text>, _>(partners.clone())
                .bind::<Array<BigInt>, _>(free.clone())
                .bind::<Array<Nullable<Timestamptz>>, _>(since.clone())
                .bind::<Timestamptz, _>(now)
                .bind::<Array<SqlUuid>, _>(unreadable)
        };
        let (readable, unreadable) = self.readable(due, |row: &WorkRow| row.id, WorkRow::read).await?;
        Ok(DueTransactions { readable: readable.into_iter().map(Locked::by_store).collect(), unreadable })
    }

    async fn update_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError> {
        if transactions.is_empty() {
            return Ok(());
        }
        let rows: Vec<TransactionRow> = transactions.iter().map(TransactionRow::from).collect();
        let update = bind_columns!(statement(UPDATE), rows;
            id: SqlUuid, state.status: Text, state.sub_status: Text, state.due_at: Nullable<Timestamptz>,
            state.leased: Bool, state.attempt: BigInt, state.lost_leases: BigInt, state.version: BigInt,
            state.reference: Nullable<Text>, state.error_code: Nullable<Text>, state.error_message: Nullable<Text>,
            state.updated_at: Timestamptz, state.completed_at: Nullable<Timestamptz>,
            state.called_at: Nullable<Timestamptz>, state.clock_from: Nullable<Timestamptz>);
        let contention = StoreError::Contention("a transaction is not at the version before".into());
        self.write_rows(update, rows.len(), contention)
    }

    async fn record_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError> {
        if attempts.is_empty() {
            return Ok(());
        }
        let rows: Vec<AttemptRow> = attempts.iter().map(AttemptRow::from).collect();
        let insert = bind_columns!(statement(RECORD_ATTEMPTS), rows;
            transaction_id: SqlUuid, number: BigInt, step: Text, answer: Text, detail: Nullable<Text>,
            started_at: Timestamptz, ended_at: Timestamptz);
        self.write(insert)
    }
}

fn locked(rows: Vec<TransactionRow>) -> Result<Vec<Locked<Transaction>>, StoreError> {
    rows.into_iter().map(|row| Ok(Locked::by_store(Transaction::try_from(row)?))).collect()
}
