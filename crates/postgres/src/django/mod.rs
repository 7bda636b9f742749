//! The database of the original Django application, to be imported from.
//!
//! Django names a table after the application and the model: `account_transaction`. How the original's models are spread over
//! its applications is nobody's business here, so tables are found by their model's name and columns.

mod models;
mod password;
mod rows;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use offers_domain::import::{ImportTable, SourceAccount, SourceOffer, SourceOrder, SourceUser};
use offers_domain::ports::{ImportSource, ImportSourceError, SourceTotal};

use self::models::{ColumnRow, Models};
use self::rows::{AccountRow, KeyRow, OfferRow, OrderRow, TotalRow, UserRow};
use crate::connection::{Endpoint, Purpose};
use crate::settings::PgSettings;

/// One snapshot for the whole import, in which nothing can be changed.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// An open snapshot of the original's database.
pub struct DjangoSource {
    connection: AsyncPgConnection,
    models: Models,
}

impl DjangoSource {
    /// Opens the database at `url`, which must be one of the original.
    pub async fn open(url: &str) -> Result<Self, ImportSourceError> {
        let settings = PgSettings { application_name: "offers import".into(), ..PgSettings::new(url) };
        let unreachable = |error: &dyn std::fmt::Display| ImportSourceError::Unreachable(error.to_string());
        let endpoint = Endpoint::new(&settings, Purpose::Import).map_err(|error| unreachable(&error))?;
        let mut connection = endpoint.connect().await.map_err(|error| unreachable(&error))?;
        connection.batch_execute(BEGIN).await.map_err(|error| failed(&error))?;
        let columns: Vec<ColumnRow> =
            diesel::sql_query(models::COLUMNS).load(&mut connection).await.map_err(|error| failed(&error))?;
        let models = Models::among(&columns).map_err(ImportSourceError::Unknown)?;
        Ok(Self { connection, models })
    }

    async fn page<R>(&mut self, query: &str, after: i64, limit: i64) -> Result<Vec<R>, ImportSourceError>
    where
        R: QueryableByName<diesel::pg::Pg> + Send + 'static,
    {
        let text = self.models.fill(query);
        let page = diesel::sql_query(text).bind::<BigInt, _>(after).bind::<BigInt, _>(limit);
        page.load(&mut self.connection).await.map_err(|error| failed(&error))
    }
}

fn failed(error: &diesel::result::Error) -> ImportSourceError {
    ImportSourceError::Failed(error.to_string())
}

const USERS: &str = "
    SELECT id::bigint, username::text, coalesce(email, '')::text AS email, password::text, is_staff, is_superuser,
           is_active, date_joined::timestamptz AS joined_at
    FROM {users} WHERE id > $1 ORDER BY id LIMIT $2";

const OFFERS: &str = "
    SELECT id::bigint, name::text, description::text, price::text, duration_days::bigint, is_active
    FROM {offers} WHERE id > $1 ORDER BY id LIMIT $2";

const ACCOUNTS: &str = "
    SELECT id::bigint, user_id::bigint, balance::text FROM {accounts} WHERE id > $1 ORDER BY id LIMIT $2";

/// A partner's transaction beside an order of the same id is the activation of that order, and its reference is kept.
const TRANSACTIONS: &str = "
    SELECT t.id::bigint AS id, t.transaction_id::text AS transaction_id, t.user_id::bigint AS user_id,
           t.offer_id::bigint AS offer_id, t.amount::text AS amount, t.status::text AS status,
           p.reference::text AS reference, t.created_at::timestamptz AS created_at,
           t.updated_at::timestamptz AS updated_at, t.completed_at::timestamptz AS completed_at,
           o.duration_days::bigint AS duration_days, s.activation_date::timestamptz AS activated_at,
           s.expiration_date::timestamptz AS expires_at, s.is_active AS is_active
    FROM {transactions} t JOIN {offers} o ON o.id = t.offer_id
    LEFT JOIN {partner_transactions} p ON p.transaction_id = t.transaction_id
    LEFT JOIN {user_offers} s
        ON s.transaction_id = t.transaction_id AND s.user_id = t.user_id AND s.offer_id = t.offer_id
    WHERE t.id > $1 ORDER BY t.id LIMIT $2";

const PARTNER_TRANSACTIONS: &str = "
    SELECT t.id::bigint AS id, t.transaction_id::text AS transaction_id, t.user_id::bigint AS user_id,
           t.offer_id::bigint AS offer_id, t.amount::text AS amount, t.status::text AS status,
           t.reference::text AS reference, t.created_at::timestamptz AS created_at,
           t.updated_at::timestamptz AS updated_at, NULL::timestamptz AS completed_at,
           o.duration_days::bigint AS duration_days, s.activation_date::timestamptz AS activated_at,
           s.expiration_date::timestamptz AS expires_at, s.is_active AS is_active
    FROM {partner_transactions} t JOIN {offers} o ON o.id = t.offer_id
    LEFT JOIN {user_offers} s
        ON s.transaction_id = t.transaction_id AND s.user_id = t.user_id AND s.offer_id = t.offer_id
    WHERE t.id > $1 AND NOT EXISTS (SELECT FROM {transactions} c WHERE c.transaction_id = t.transaction_id)
    ORDER BY t.id LIMIT $2";

const UNPAID: &str = "
    SELECT s.id::bigint AS id FROM {user_offers} s
    WHERE s.id > $1 AND NOT EXISTS (
        SELECT FROM {transactions} t
        WHERE t.transaction_id = s.transaction_id AND t.user_id = s.user_id AND t.offer_id = s.offer_id
    ) AND NOT EXISTS (
        SELECT FROM {partner_transactions} t
        WHERE t.transaction_id = s.transaction_id AND t.user_id = s.user_id AND t.offer_id = s.offer_id
    )
    ORDER BY s.id LIMIT $2";

const TOTALS: &str = "
    SELECT 'user' AS name, count(*) AS rows, NULL::text AS sum FROM {users}
    UNION ALL SELECT 'offer', count(*), NULL FROM {offers}
    UNION ALL SELECT 'account', count(*), coalesce(sum(balance), 0)::text FROM {accounts}
    UNION ALL SELECT 'transaction', count(*), coalesce(sum(amount), 0)::text FROM {transactions}
    UNION ALL SELECT 'partner_transaction', count(*), coalesce(sum(amount), 0)::text FROM {partner_transactions} t
        WHERE NOT EXISTS (SELECT FROM {transactions} c WHERE c.transaction_id = t.transaction_id)";

#[async_trait]
impl ImportSource for DjangoSource {
    async fn totals(&mut self) -> Result<Vec<SourceTotal>, ImportSourceError> {
        let query = diesel::sql_query(self.models.fill(TOTALS));
        let rows: Vec<TotalRow> = query.load(&mut self.connection).await.map_err(|error| failed(&error))?;
        rows.into_iter().map(SourceTotal::try_from).collect()
    }

    async fn users(&mut self, after: i64, limit: i64) -> Result<Vec<SourceUser>, ImportSourceError> {
        let rows: Vec<UserRow> = self.page(USERS, after, limit).await?;
        Ok(rows.into_iter().map(SourceUser::from).collect())
    }

    async fn offers(&mut self, after: i64, limit: i64) -> Result<Vec<SourceOffer>, ImportSourceError> {
        let rows: Vec<OfferRow> = self.page(OFFERS, after, limit).await?;
        Ok(rows.into_iter().map(SourceOffer::from).collect())
    }

    async fn accounts(&mut self, after: i64, limit: i64) -> Result<Vec<SourceAccount>, ImportSourceError> {
        let rows: Vec<AccountRow> = self.page(ACCOUNTS, after, limit).await?;
        Ok(rows.into_iter().map(SourceAccount::from).collect())
    }

    async fn orders(
        &mut self,
        table: ImportTable,
        after: i64,
        limit: i64,
    ) -> Result<Vec<SourceOrder>, ImportSourceError> {
        let query = match table {
            ImportTable::PartnerTransactions => PARTNER_TRANSACTIONS,
            _ => TRANSACTIONS,
        };
        let rows: Vec<OrderRow> = self.page(query, after, limit).await?;
        Ok(rows.into_iter().map(|row| row.order(table)).collect())
    }

    async fn unpaid_user_offers(&mut self, after: i64, limit: i64) -> Result<Vec<i64>, ImportSourceError> {
        let rows: Vec<KeyRow> = self.page(UNPAID, after, limit).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}
