//! Reads where orders stand.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};
use offers_domain::ids::TransactionId;
use offers_domain::ledger::SystemAccount;
use offers_domain::ports::{Backlog, StatusQueries, StoreError};
use offers_domain::transaction::Transaction;
use offers_domain::views::StatusView;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::rows::{Reading, TransactionRow};
use crate::schema::{accounts, transactions};
use crate::statement::statement;
use crate::store::PgStore;

const BACKLOG: &str = "
    SELECT count(*) AS open, count(*) FILTER (WHERE due_at IS NULL) AS parked, min(created_at) AS oldest,
           (SELECT count(*) FROM incidents WHERE status = 'needs_attention') AS incidents
    FROM transactions WHERE completed_at IS NULL";

#[derive(QueryableByName)]
struct BacklogRow {
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest: Option<OffsetDateTime>,
    #[diesel(sql_type = BigInt)]
    incidents: i64,
}

#[async_trait]
impl StatusQueries for PgStore {
    async fn status(&self, id: TransactionId) -> Result<Option<StatusView>, StoreError> {
        let row = transactions::table.filter(transactions::id.eq(id.0)).select(TransactionRow::as_select());
        let transaction = self.readers.row(row).await?.map(Transaction::try_from).transpose()?;
        Ok(transaction.as_ref().map(StatusView::from))
    }

    async fn versions(&self, ids: &[TransactionId]) -> Result<Vec<(TransactionId, u32)>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let query = transactions::table
            .filter(transactions::id.eq_any(ids))
            .select((transactions::id, transactions::version));
        let rows: Vec<(Uuid, i64)> = self.readers.rows(query).await?;
        let read = |(id, version)| {
            let reading = Reading { table: "transactions", row: &id };
            Ok((TransactionId(id), reading.number("version", version)?))
        };
        rows.into_iter().map(read).collect()
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let row: Option<BacklogRow> = self.readers.row(statement(BACKLOG)).await?;
        let reading = Reading { table: "transactions", row: &"?" };
        let row = row.ok_or_else(|| reading.corrupt("completed_at"))?;
        Ok(Backlog {
            open: reading.number("completed_at", row.open)?,
            parked: reading.number("due_at", row.parked)?,
            oldest: row.oldest,
            incidents: reading.number("id", row.incidents)?,
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let sales = accounts::table.filter(accounts::id.eq(SystemAccount::Sales.id().0)).select(accounts::id);
        match self.probes.row::<_, i64>(sales).await {
            // Those who ask wait for the server alone.
            Err(StoreError::Overloaded(_)) => Err(StoreError::Unavailable("no answer to a ping".into())),
            answer => answer.map(drop),
        }
    }
}
