//! Reads where orders stand.

use async_trait::async_trait;
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use offers_domain::ids::TransactionId;
use offers_domain::incident::IncidentStatus;
use offers_domain::ledger::SystemAccount;
use offers_domain::ports::{Backlog, OpenOrders, StatusQueries, StoreError};
use offers_domain::transaction::Transaction;
use offers_domain::views::StatusView;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::rows::{Reading, TransactionRow};
use crate::schema::{accounts, incidents, transactions};
use crate::store::PgStore;

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
        let standing = transactions::table
            .filter(transactions::completed_at.is_null())
            .group_by(transactions::sub_status)
            .select((transactions::sub_status, count_star(), min(transactions::created_at)));
        let rows: Vec<(String, i64, Option<OffsetDateTime>)> = self.readers.rows(standing).await?;
        let parked = incidents::table.filter(incidents::status.eq(IncidentStatus::NeedsAttention.as_str()));
        let parked: Option<i64> = self.readers.row(parked.select(count_star())).await?;
        let reading = Reading { table: "transactions", row: &"?" };
        let orders = rows.into_iter().map(|(sub_status, orders, oldest)| {
            Ok(OpenOrders {
                sub_status: reading.spelled("sub_status", &sub_status)?,
                orders: reading.number("completed_at", orders)?,
                oldest: oldest.ok_or_else(|| reading.corrupt("created_at"))?,
            })
        });
        let orders = orders.collect::<Result<_, StoreError>>()?;
        let reading = Reading { table: "incidents", row: &"?" };
        Ok(Backlog { orders, incidents: reading.number("id", parked.unwrap_or_default())? })
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
