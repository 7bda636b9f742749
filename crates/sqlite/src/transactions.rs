//! Orders, their history and the work list.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use offers_domain::activation_partner::Places;
use offers_domain::ids::TransactionId;
use offers_domain::ports::{DueTransactions, Locked, StoreError, Transactions, UnreadableTransaction};
use offers_domain::settlement::Attempt;
use offers_domain::transaction::{Order, Transaction};
use time::OffsetDateTime;

use crate::activation_pauses::is_paused;
use crate::error::SqliteError;
use crate::rows::{AttemptRow, NewEventRow, TransactionRow, TransactionStateRow, micros};
use crate::schema::{attempts, transaction_events, transactions};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

#[async_trait]
impl Transactions for SqliteUnitOfWork {
    async fn insert_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError> {
        self.over(transactions, |connection, transactions| {
            for transaction in &transactions {
                diesel::insert_into(transactions::table)
                    .values(TransactionRow::from(transaction))
                    .execute(connection)?;
                record_event(connection, transaction)?;
            }
            Ok(())
        })
        .await
    }

    async fn find_orders(
        &mut self,
        ids: &[TransactionId],
    ) -> Result<Vec<(TransactionId, Order)>, StoreError> {
        let found = self.lock_transactions(ids).await?;
        Ok(found.iter().map(|transaction| (transaction.id(), *transaction.order())).collect())
    }

    async fn lock_transactions(
        &mut self,
        ids: &[TransactionId],
    ) -> Result<Vec<Locked<Transaction>>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            let transaction = |id: &TransactionId| find(connection, *id).transpose();
            locked(ids.iter().filter_map(transaction).collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    async fn lock_due_transactions(
        &mut self,
        places: &[Places],
        now: OffsetDateTime,
    ) -> Result<DueTransactions, StoreError> {
        self.over(places, move |connection, places| {
            let mut work = DueTransactions::default();
            for places in &places {
                if !is_paused(connection, places.partner)? {
                    take_due(connection, places, now, &mut work)?;
                }
            }
            work.readable.sort_by_key(|order| (order.due_at(), order.id()));
            Ok(work)
        })
        .await
    }

    async fn update_transactions(&mut self, transactions: &[Transaction]) -> Result<(), StoreError> {
        self.over(transactions, |connection, transactions| {
            transactions.iter().try_for_each(|transaction| save(connection, transaction))
        })
        .await
    }

    async fn record_attempts(&mut self, attempts: &[Attempt]) -> Result<(), StoreError> {
        self.over(attempts, |connection, attempts| {
            for attempt in &attempts {
                diesel::insert_into(attempts::table).values(AttemptRow::from(attempt)).execute(connection)?;
            }
            Ok(())
        })
        .await
    }
}

pub(crate) fn find(
    connection: &mut SqliteConnection,
    id: TransactionId,
) -> Result<Option<TransactionRow>, SqliteError> {
    let row = transactions::table.find(id.0.as_bytes().as_slice()).select(TransactionRow::as_select());
    Ok(row.get_result(connection).optional()?)
}

/// The head of one partner's work list, row by row in the index's order, until enough can be read.
fn take_due(
    connection: &mut SqliteConnection,
    places: &Places,
    now: OffsetDateTime,
    work: &mut DueTransactions,
) -> Result<(), SqliteError> {
    let due = transactions::table
        .filter(transactions::activation_partner.eq(places.partner.to_string()))
        .filter(transactions::due_at.le(micros(now)))
        .filter(transactions::due_at.ge(places.since.map_or(i64::MIN, micros)))
        .order((transactions::due_at, transactions::id))
        .select(TransactionRow::as_select());
    let mut free = places.free;
    for row in due.load_iter::<TransactionRow, DefaultLoadingMode>(connection)? {
        if free == 0 {
            break;
        }
        match readable(row?) {
            Ok(order) => {
                work.readable.push(Locked::by_store(order));
                free -= 1;
            }
            Err(order) => work.unreadable.push(order),
        }
    }
    Ok(())
}

/// While a unit has its turn nobody else writes, so every row that it reads is locked.
fn locked(rows: Vec<TransactionRow>) -> Result<Vec<Locked<Transaction>>, SqliteError> {
    let locked = |row| Ok(Locked::by_store(Transaction::try_from(row)?));
    rows.into_iter().map(locked).collect()
}

fn readable(row: TransactionRow) -> Result<Transaction, UnreadableTransaction> {
    let id = row.id();
    Transaction::try_from(row).map_err(|error| UnreadableTransaction { id, reason: error.to_string() })
}

fn save(connection: &mut SqliteConnection, transaction: &Transaction) -> Result<(), SqliteError> {
    let (id, version) = (transaction.id(), i64::from(transaction.parts().version));
    let row = transactions::id.eq(id.0.as_bytes().as_slice()).and(transactions::version.eq(version - 1));
    let saved = update(&transactions::table, TransactionStateRow::from(transaction), row);
    if saved.execute(connection)? == 1 {
        record_event(connection, transaction)
    } else {
        let message = format!("transaction {id} is not at the version before {version}");
        Err(StoreError::Contention(message).into())
    }
}

/// The transition that led to this version.
fn record_event(connection: &mut SqliteConnection, transaction: &Transaction) -> Result<(), SqliteError> {
    diesel::insert_into(transaction_events::table)
        .values(NewEventRow::from(transaction))
        .execute(connection)?;
    Ok(())
}
