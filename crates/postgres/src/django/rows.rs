//! Rows of the original's tables.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use offers_domain::import::{
    ImportTable, SourceAccount, SourceOffer, SourceOrder, SourceService, SourceUser,
};
use offers_domain::ports::{ImportSourceError, SourceTotal};
use time::OffsetDateTime;

use super::password::password;

#[derive(QueryableByName)]
pub(super) struct UserRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    username: String,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    password: String,
    #[diesel(sql_type = Bool)]
    is_staff: bool,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = Timestamptz)]
    joined_at: OffsetDateTime,
}

impl From<UserRow> for SourceUser {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            username: row.username,
            email: row.email,
            password: password(&row.password),
            is_staff: row.is_staff,
            is_superuser: row.is_superuser,
            is_active: row.is_active,
            joined_at: row.joined_at,
        }
    }
}

#[derive(QueryableByName)]
pub(super) struct OfferRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Text)]
    price: String,
    #[diesel(sql_type = BigInt)]
    duration_days: i64,
    #[diesel(sql_type = Bool)]
    is_active: bool,
}

impl From<OfferRow> for SourceOffer {
    fn from(row: OfferRow) -> Self {
        let OfferRow { id, name, description, price, duration_days, is_active } = row;
        Self { id, name, description, price, duration_days, is_active }
    }
}

#[derive(QueryableByName)]
pub(super) struct AccountRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Text)]
    balance: String,
}

impl From<AccountRow> for SourceAccount {
    fn from(row: AccountRow) -> Self {
        Self { id: row.id, user: row.user_id, balance: row.balance }
    }
}

#[derive(QueryableByName)]
pub(super) struct OrderRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    transaction_id: String,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    offer_id: i64,
    #[diesel(sql_type = Text)]
    amount: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: OffsetDateTime,
    #[diesel(sql_type = Timestamptz)]
    updated_at: OffsetDateTime,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    completed_at: Option<OffsetDateTime>,
    #[diesel(sql_type = BigInt)]
    duration_days: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    activated_at: Option<OffsetDateTime>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    expires_at: Option<OffsetDateTime>,
    #[diesel(sql_type = Nullable<Bool>)]
    is_active: Option<bool>,
}

impl OrderRow {
    pub(super) fn order(self, table: ImportTable) -> SourceOrder {
        let service = match (self.activated_at, self.expires_at, self.is_active) {
            (Some(activated_at), Some(expires_at), Some(is_active)) => {
                Some(SourceService { activated_at, expires_at, is_active })
            }
            _ => None,
        };
        SourceOrder {
            table,
            id: self.id,
            transaction_id: self.transaction_id,
            user: self.user_id,
            offer: self.offer_id,
            amount: self.amount,
            status: self.status,
            reference: self.reference,
            created_at: self.created_at,
            updated_at: self.updated_at,
            completed_at: self.completed_at,
            duration_days: self.duration_days,
            service,
        }
    }
}

#[derive(QueryableByName)]
pub(super) struct KeyRow {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
}

#[derive(QueryableByName)]
pub(super) struct TotalRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Nullable<Text>)]
    sum: Option<String>,
}

impl TryFrom<TotalRow> for SourceTotal {
    type Error = ImportSourceError;

    fn try_from(row: TotalRow) -> Result<Self, ImportSourceError> {
        let table = row.name.parse().map_err(|_| ImportSourceError::Failed(row.name))?;
        Ok(Self { table, rows: u64::try_from(row.rows).unwrap_or_default(), sum: row.sum })
    }
}
