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

use crate::rows::Reading;
use crate::schema::{accounts, incidents, transactions};
use crate::store::SqliteStore;

#[async_trait]
impl StatusQueries for SqliteStore {
    async fn status(&self, id: TransactionId) -> Result<Option<StatusView>, StoreError> {
        self.readers
            .read(move |connection| {
                let Some(row) = crate::transactions::find(connection, id)? else { return Ok(None) };
                Ok(Some(StatusView::from(&Transaction::try_from(row)?)))
            })
            .await
    }

    async fn versions(&self, ids: &[TransactionId]) -> Result<Vec<(TransactionId, u32)>, StoreError> {
        let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.0.as_bytes().to_vec()).collect();
        self.readers
            .read(move |connection| {
                let rows: Vec<(Vec<u8>, i64)> = transactions::table
                    .filter(transactions::id.eq_any(ids))
                    .select((transactions::id, transactions::version))
                    .load(connection)?;
                let read = |(id, version): (Vec<u8>, i64)| {
                    let id = Reading { table: "transactions", row: &"?" }.uuid("id", &id)?;
                    let reading = Reading { table: "transactions", row: &id };
                    Ok((TransactionId(id), reading.number("version", version)?))
                };
                Ok(rows.into_iter().map(read).collect::<Result<_, StoreError>>()?)
            })
            .await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.readers
            .snapshot(|connection| {
                let rows: Vec<(String, i64, Option<i64>)> = transactions::table
                    .filter(transactions::completed_at.is_null())
                    .group_by(transactions::sub_status)
                    .select((transactions::sub_status, count_star(), min(transactions::created_at)))
                    .load(connection)?;
                let parked: i64 = incidents::table
                    .filter(incidents::status.eq(IncidentStatus::NeedsAttention.as_str()))
                    .count()
                    .get_result(connection)?;
                let reading = Reading { table: "transactions", row: &"?" };
                let orders = rows.into_iter().map(|(sub_status, orders, oldest)| {
                    let oldest = reading.optional_instant("created_at", oldest)?;
                    Ok(OpenOrders {
                        sub_status: reading.spelled("sub_status", &sub_status)?,
                        orders: reading.number("completed_at", orders)?,
                        oldest: oldest.ok_or_else(|| reading.corrupt("created_at"))?,
                    })
                });
                let orders = orders.collect::<Result<_, StoreError>>()?;
                let reading = Reading { table: "incidents", row: &"?" };
                Ok(Backlog { orders, incidents: reading.number("id", parked)? })
            })
            .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.readers
            .read(|connection| {
                let sales = accounts::table.find(SystemAccount::Sales.id().0).select(accounts::id);
                sales.get_result::<i64>(connection)?;
                Ok(())
            })
            .await
    }
}
