//! Accounts and transfers.

use bigdecimal::BigDecimal;
use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::ids::{AccountId, PartnerId, UserId};
use offers_domain::ledger::Transfer;
use offers_domain::money::{Currency, Money};
use offers_domain::partner_channel::views::SettlementView;
use offers_domain::ports::StoreError;
use offers_domain::views::{BalanceView, LedgerLine};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Reading, decimal};
use crate::schema::{accounts, transfers};

/// A wallet or a settlement account.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = accounts, check_for_backend(Pg))]
pub(crate) struct AccountRow {
    id: i64,
    user_id: Option<i64>,
    partner_id: Option<i64>,
    currency: Option<String>,
    balance: Option<BigDecimal>,
    credit_limit: BigDecimal,
    updated_at: OffsetDateTime,
}

impl AccountRow {
    fn reading(&self) -> Reading<'_> {
        Reading { table: "accounts", row: &self.id }
    }

    fn balance(&self) -> Result<Money, StoreError> {
        let reading = self.reading();
        let currency = self.currency.as_deref().ok_or_else(|| reading.corrupt("currency"))?;
        let currency = reading.spelled::<Currency>("currency", currency)?;
        let balance = self.balance.as_ref().ok_or_else(|| reading.corrupt("balance"))?;
        reading.money("balance", balance, currency)
    }

    pub(crate) fn view(&self) -> Result<BalanceView, StoreError> {
        Ok(BalanceView { balance: self.balance()?, updated_at: self.updated_at })
    }

    fn credit_limit(&self, currency: Currency) -> Result<Money, StoreError> {
        self.reading().money("credit_limit", &self.credit_limit, currency)
    }

    pub(crate) fn settlement(&self) -> Result<SettlementView, StoreError> {
        let balance = self.balance()?;
        let credit_limit = self.credit_limit(balance.currency())?;
        Ok(SettlementView { balance, credit_limit, updated_at: self.updated_at })
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
        let credit_limit = row.credit_limit(balance.currency())?;
        Ok(Self::from_parts(AccountParts { id: AccountId(row.id), owner, balance, credit_limit }))
    }
}

/// An empty wallet.
pub(crate) struct NewWalletRow {
    pub(crate) user_id: i64,
}

impl From<&UserId> for NewWalletRow {
    fn from(user: &UserId) -> Self {
        Self { user_id: user.0 }
    }
}

/// One movement.
pub(crate) struct TransferRow {
    pub(crate) debit_account_id: i64,
    pub(crate) credit_account_id: i64,
    pub(crate) amount: BigDecimal,
    pub(crate) currency: String,
    pub(crate) kind: &'static str,
    pub(crate) transaction_id: Option<Uuid>,
}

impl From<&Transfer> for TransferRow {
    fn from(transfer: &Transfer) -> Self {
        let currency = transfer.amount.currency();
        Self {
            debit_account_id: transfer.debit.0,
            credit_account_id: transfer.credit.0,
            amount: decimal(transfer.amount.minor(), currency),
            currency: currency.code().to_owned(),
            kind: transfer.kind.as_str(),
            transaction_id: transfer.transaction.map(|id| id.0),
        }
    }
}

/// One movement, as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = transfers, check_for_backend(Pg))]
pub(crate) struct LedgerLineRow {
    id: i64,
    debit_account_id: i64,
    credit_account_id: i64,
    amount: BigDecimal,
    currency: String,
    kind: String,
    created_at: OffsetDateTime,
}

impl TryFrom<LedgerLineRow> for LedgerLine {
    type Error = StoreError;

    fn try_from(row: LedgerLineRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "transfers", row: &row.id };
        Ok(Self {
            debit: AccountId(row.debit_account_id),
            credit: AccountId(row.credit_account_id),
            amount: reading.amount("amount", &row.amount, &row.currency)?,
            kind: reading.spelled("kind", &row.kind)?,
            at: row.created_at,
        })
    }
}
