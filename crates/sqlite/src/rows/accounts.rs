//! Accounts and transfers.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::ids::{AccountId, PartnerId, UserId};
use offers_domain::ledger::Transfer;
use offers_domain::money::{Currency, Money};
use offers_domain::partner_channel::CreditLimit;
use offers_domain::partner_channel::views::SettlementView;
use offers_domain::ports::StoreError;
use offers_domain::views::{BalanceView, LedgerLine};
use time::OffsetDateTime;

use super::{Reading, micros};
use crate::schema::{accounts, transfers};

/// A wallet or a settlement account.
#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts, check_for_backend(Sqlite))]
pub(crate) struct AccountRow {
    pub(crate) id: i64,
    pub(crate) user_id: Option<i64>,
    pub(crate) partner_id: Option<i64>,
    pub(crate) currency: Option<String>,
    pub(crate) balance: Option<i64>,
    pub(crate) credit_limit: i64,
    pub(crate) updated_at: i64,
}

impl AccountRow {
    fn reading(&self) -> Reading<'_> {
        Reading { table: "accounts", row: &self.id }
    }

    fn balance(&self) -> Result<Money, StoreError> {
        self.reading().money("balance", self.balance, self.currency.as_deref())
    }

    pub(crate) fn view(&self) -> Result<BalanceView, StoreError> {
        let updated_at = self.reading().instant("updated_at", self.updated_at)?;
        Ok(BalanceView { balance: self.balance()?, updated_at })
    }

    pub(crate) fn settlement(&self) -> Result<SettlementView, StoreError> {
        let BalanceView { balance, updated_at } = self.view()?;
        let credit_limit = Money::from_minor(self.credit_limit, balance.currency());
        Ok(SettlementView { balance, credit_limit, updated_at })
    }
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let owner = match (row.user_id, row.partner_id) {
            (Some(user), None) => AccountOwner::User(UserId(user)),
            (None, Some(partner)) => AccountOwner::Partner(PartnerId(partner)),
            _ => return Err(row.reading().corrupt("user_id")),
        };
        let balance = row.balance()?;
        let credit_limit = Money::from_minor(row.credit_limit, balance.currency());
        Ok(Self::from_parts(AccountParts { id: AccountId(row.id), owner, balance, credit_limit }))
    }
}

/// An empty wallet.
#[derive(Insertable)]
#[diesel(table_name = accounts, treat_none_as_default_value = false)]
pub(crate) struct NewWalletRow<'a> {
    kind: &'static str,
    user_id: i64,
    currency: &'a str,
    balance: i64,
    created_at: i64,
    updated_at: i64,
}

impl<'a> NewWalletRow<'a> {
    pub(crate) fn new(user: UserId, currency: &'a Currency, now: OffsetDateTime) -> Self {
        Self {
            kind: "wallet",
            user_id: user.0,
            currency: currency.code(),
            balance: 0,
            created_at: micros(now),
            updated_at: micros(now),
        }
    }
}

/// An empty settlement account.
#[derive(Insertable)]
#[diesel(table_name = accounts)]
pub(crate) struct NewSettlementAccountRow {
    id: i64,
    kind: &'static str,
    partner_id: i64,
    currency: String,
    balance: i64,
    credit_limit: i64,
    created_at: i64,
    updated_at: i64,
}

impl NewSettlementAccountRow {
    pub(crate) fn new(partner: PartnerId, credit_limit: CreditLimit, now: OffsetDateTime) -> Self {
        let limit = credit_limit.money();
        Self {
            id: AccountId::settlement_of(partner).0,
            kind: "settlement",
            partner_id: partner.0,
            currency: limit.currency().code().to_owned(),
            balance: 0,
            credit_limit: limit.minor(),
            created_at: micros(now),
            updated_at: micros(now),
        }
    }
}

/// One movement.
#[derive(Insertable)]
#[diesel(table_name = transfers, treat_none_as_default_value = false)]
pub(crate) struct TransferRow {
    debit_account_id: i64,
    credit_account_id: i64,
    amount: i64,
    currency: String,
    kind: &'static str,
    transaction_id: Option<Vec<u8>>,
    created_at: i64,
}

impl TransferRow {
    pub(crate) fn new(transfer: &Transfer, now: OffsetDateTime) -> Self {
        Self {
            debit_account_id: transfer.debit.0,
            credit_account_id: transfer.credit.0,
            amount: transfer.amount.minor(),
            currency: transfer.amount.currency().code().to_owned(),
            kind: transfer.kind.as_str(),
            transaction_id: transfer.transaction.map(|id| id.0.as_bytes().to_vec()),
            created_at: micros(now),
        }
    }
}

/// One movement, as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = transfers, check_for_backend(Sqlite))]
pub(crate) struct LedgerLineRow {
    id: i64,
    debit_account_id: i64,
    credit_account_id: i64,
    amount: i64,
    currency: String,
    kind: String,
    created_at: i64,
}

impl TryFrom<LedgerLineRow> for LedgerLine {
    type Error = StoreError;

    fn try_from(row: LedgerLineRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "transfers", row: &row.id };
        Ok(Self {
            debit: AccountId(row.debit_account_id),
            credit: AccountId(row.credit_account_id),
            amount: reading.amount("amount", row.amount, &row.currency)?,
            kind: reading.spelled("kind", &row.kind)?,
            at: reading.instant("created_at", row.created_at)?,
        })
    }
}
