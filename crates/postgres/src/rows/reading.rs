//! Reading one row: each value is checked, and one that the domain cannot have written names its table, column and row.

use std::fmt::Display;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use offers_domain::money::{Amount, Currency, Money};
use offers_domain::ports::StoreError;

use super::money::money;

/// One row that is being read.
pub(crate) struct Reading<'a> {
    /// Its table.
    pub(crate) table: &'static str,
    /// Its key.
    pub(crate) row: &'a dyn Display,
}

impl Reading<'_> {
    pub(crate) fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.table, column, row: self.row.to_string() }
    }

    /// A value with one known spelling: an enum, a currency.
    pub(crate) fn spelled<T: FromStr>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.corrupt(column))
    }

    pub(crate) fn number<T: TryFrom<i64>>(&self, column: &'static str, value: i64) -> Result<T, StoreError> {
        T::try_from(value).map_err(|_| self.corrupt(column))
    }

    pub(crate) fn digest(&self, column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
        bytes.try_into().map_err(|_| self.corrupt(column))
    }

    /// A price or a movement, whose currency is in the column `currency`.
    pub(crate) fn amount(
        &self,
        column: &'static str,
        decimal: &BigDecimal,
        currency: &str,
    ) -> Result<Amount, StoreError> {
        let currency = self.spelled("currency", currency)?;
        let money = self.money(column, decimal, currency)?;
        Amount::try_new(money).map_err(|_| self.corrupt(column))
    }

    /// A balance or a limit, in the row's currency.
    pub(crate) fn money(
        &self,
        column: &'static str,
        decimal: &BigDecimal,
        currency: Currency,
    ) -> Result<Money, StoreError> {
        money(decimal, currency).ok_or_else(|| self.corrupt(column))
    }
}
