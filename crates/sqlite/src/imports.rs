//! What was taken over from an earlier system.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use offers_domain::ids::{OfferId, UserId};
use offers_domain::import::{ImportTable, ImportedRow, PastUserOffer};
use offers_domain::money::{Currency, Money};
use offers_domain::ports::{Imports, Inventory, StoreError, TakesInventory};
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{PastUserOfferRow, micros};
use crate::schema::{imported_rows, offers, transactions, user_offers, users};
use crate::store::SqliteStore;
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

#[async_trait]
impl Imports for SqliteUnitOfWork {
    async fn imported(
        &mut self,
        table: ImportTable,
        sources: &[i64],
    ) -> Result<Vec<ImportedRow>, StoreError> {
        self.over(sources, move |connection, sources| {
            let found = sources.into_iter().filter_map(|source| find(connection, table, source).transpose());
            found.collect()
        })
        .await
    }

    async fn record_imported(&mut self, rows: &[ImportedRow], now: OffsetDateTime) -> Result<(), StoreError> {
        self.over(rows, move |connection, rows| {
            for row in &rows {
                let row = (
                    imported_rows::source_table.eq(row.table.as_str()),
                    imported_rows::source_id.eq(row.source),
                    imported_rows::target.eq(&row.target),
                    imported_rows::seen.eq(&row.seen),
                    imported_rows::imported_at.eq(micros(now)),
                );
                diesel::insert_into(imported_rows::table).values(row).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn insert_past_user_offers(&mut self, user_offers: &[PastUserOffer]) -> Result<(), StoreError> {
        self.over(user_offers, |connection, user_offers| {
            for past in &user_offers {
                let row = PastUserOfferRow::from(past);
                diesel::insert_into(user_offers::table).values(row).execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn switch_off(&mut self, users: &[UserId], offers: &[OfferId]) -> Result<(), StoreError> {
        let (users, offers) = (users.to_vec(), offers.to_vec());
        self.run(move |connection| {
            for user in users {
                let locked_out = users::is_active.eq(false);
                update(&users::table, locked_out, users::id.eq(user.0)).execute(connection)?;
            }
            for offer in offers {
                let withdrawn = offers::is_active.eq(false);
                update(&offers::table, withdrawn, offers::id.eq(offer.0)).execute(connection)?;
            }
            Ok(())
        })
        .await
    }
}

fn find(
    connection: &mut SqliteConnection,
    table: ImportTable,
    source: i64,
) -> Result<Option<ImportedRow>, SqliteError> {
    let row: Option<(String, String)> = imported_rows::table
        .find((table.as_str(), source))
        .select((imported_rows::target, imported_rows::seen))
        .get_result(connection)
        .optional()?;
    Ok(row.map(|(target, seen)| ImportedRow { table, source, target, seen }))
}

#[async_trait]
impl TakesInventory for SqliteStore {
    async fn inventory(&self, currency: Currency) -> Result<Inventory, StoreError> {
        self.readers.snapshot(move |connection| count(connection, currency)).await
    }
}

#[derive(QueryableByName)]
struct Wallets {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

fn count(connection: &mut SqliteConnection, currency: Currency) -> Result<Inventory, SqliteError> {
    let wallets =
        "SELECT coalesce(sum(balance), 0) AS total FROM accounts WHERE kind = 'wallet' AND currency = ?";
    let wallets: Wallets =
        diesel::sql_query(wallets).bind::<Text, _>(currency.code()).get_result(connection)?;
    let counted = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Inventory {
        users: counted(users::table.count().get_result(connection)?),
        offers: counted(offers::table.count().get_result(connection)?),
        user_offers: counted(user_offers::table.count().get_result(connection)?),
        transactions: counted(transactions::table.count().get_result(connection)?),
        wallets: Money::from_minor(wallets.total, currency),
    })
}
