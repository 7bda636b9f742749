//! What was taken over from an earlier system.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use offers_domain::ids::{OfferId, UserId};
use offers_domain::import::{ImportTable, ImportedRow, PastUserOffer};
use offers_domain::money::{Currency, Money};
use offers_domain::ports::{Imports, Inventory, StoreError, TakesInventory};
use time::OffsetDateTime;

use crate::error::store_error;
use crate::ledger_audit::{BEGIN, PATIENCE};
use crate::rows::PastUserOfferRow;
use crate::statement::{bind_columns, statement};
use crate::store::PgStore;
use crate::unit_of_work::PgUnitOfWork;

const FIND: &str = "
    SELECT source_id, target, seen FROM imported_rows WHERE source_table = $1 AND source_id = ANY ($2)";

const RECORD: &str = "
    INSERT INTO imported_rows (source_table, source_id, target, seen, imported_at)
    SELECT source_table, source_id, target, seen, $1
    FROM unnest($2, $3, $4, $5) AS n (source_table, source_id, target, seen)";

const INSERT_USER_OFFERS: &str = "
    INSERT INTO user_offers
        (user_id, offer_id, transaction_id, status, activated_at, expires_at, created_at, updated_at)
    SELECT user_id, offer_id, transaction_id, status, activated_at, expires_at, created_at, created_at
    FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY
        AS n (user_id, offer_id, transaction_id, status, activated_at, expires_at, created_at, place)
    ORDER BY place";

const SWITCH_OFF: &str = "
    WITH withdrawn AS (UPDATE offers SET is_active = FALSE WHERE id = ANY ($2))
    UPDATE users SET is_active = FALSE WHERE id = ANY ($1)";

const INVENTORY: &str = "
    SELECT (SELECT count(*) FROM users) AS users,
           (SELECT count(*) FROM offers) AS offers,
           (SELECT count(*) FROM user_offers) AS user_offers,
           (SELECT count(*) FROM transactions) AS transactions,
           (SELECT coalesce(minor_units(sum(balance), $1), 0) FROM accounts WHERE kind = 'wallet') AS wallets";

#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = BigInt)]
    source_id: i64,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    seen: String,
}

struct NewRow {
    source_table: &'static str,
    source_id: i64,
    target: String,
    seen: String,
}

impl From<&ImportedRow> for NewRow {
    fn from(row: &ImportedRow) -> Self {
        let ImportedRow { table, source, target, seen } = row.clone();
        Self { source_table: table.as_str(), source_id: source, target, seen }
    }
}

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    users: i64,
    #[diesel(sql_type = BigInt)]
    offers: i64,
    #[diesel(sql_type = BigInt)]
    user_offers: i64,
    #[diesel(sql_type = BigInt)]
    transactions: i64,
    #[diesel(sql_type = BigInt)]
    wallets: i64,
}

#[async_trait]
impl Imports for PgUnitOfWork {
    async fn imported(
        &mut self,
        table: ImportTable,
        sources: &[i64],
    ) -> Result<Vec<ImportedRow>, StoreError> {
        if sources.is_empty() {
            return Ok(Vec::new());
        }
        let find = statement(FIND).bind::<Text, _>(table.as_str()).bind::<Array<BigInt>, _>(sources.to_vec());
        let rows: Vec<FoundRow> = self.rows(find).await?;
        let found =
            |row: FoundRow| ImportedRow { table, source: row.source_id, target: row.target, seen: row.seen };
        Ok(rows.into_iter().map(found).collect())
    }

    async fn record_imported(&mut self, rows: &[ImportedRow], now: OffsetDateTime) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows: Vec<NewRow> = rows.iter().map(NewRow::from).collect();
        let record = bind_columns!(statement(RECORD).bind::<Timestamptz, _>(now), rows;
            source_table: Text, source_id: BigInt, target: Text, seen: Text);
        self.write(record)
    }

    async fn insert_past_user_offers(&mut self, user_offers: &[PastUserOffer]) -> Result<(), StoreError> {
        if user_offers.is_empty() {
            return Ok(());
        }
        let rows: Vec<PastUserOfferRow> = user_offers.iter().map(PastUserOfferRow::from).collect();
        let insert = bind_columns!(statement(INSERT_USER_OFFERS), rows;
            user_id: BigInt, offer_id: BigInt, transaction_id: SqlUuid, status: Text,
            activated_at: Nullable<Timestamptz>, expires_at: Nullable<Timestamptz>, created_at: Timestamptz);
        self.write(insert)
    }

    async fn switch_off(&mut self, users: &[UserId], offers: &[OfferId]) -> Result<(), StoreError> {
        if users.is_empty() && offers.is_empty() {
            return Ok(());
        }
        let users: Vec<i64> = users.iter().map(|user| user.0).collect();
        let offers: Vec<i64> = offers.iter().map(|offer| offer.0).collect();
        self.write(statement(SWITCH_OFF).bind::<Array<BigInt>, _>(users).bind::<Array<BigInt>, _>(offers))
    }
}

#[async_trait]
impl TakesInventory for PgStore {
    async fn inventory(&self, currency: Currency) -> Result<Inventory, StoreError> {
        let mut snapshot = self.readers.begin(BEGIN).await?;
        snapshot.wait_for(PATIENCE);
        let count = statement(INVENTORY).bind::<Text, _>(currency.code().to_owned());
        let mut rows: Vec<Counts> = snapshot.rows(count).await.map_err(|error| store_error(&error))?;
        if snapshot.command("ROLLBACK").await.is_ok() {
            snapshot.give_back();
        }
        let counts = rows.pop().ok_or_else(|| StoreError::Misuse("nothing was counted".into()))?;
        let counted = |count: i64| u64::try_from(count).unwrap_or_default();
        Ok(Inventory {
            users: counted(counts.users),
            offers: counted(counts.offers),
            user_offers: counted(counts.user_offers),
            transactions: counted(counts.transactions),
            wallets: Money::from_minor(counts.wallets, currency),
        })
    }
}
