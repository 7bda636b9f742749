//! Money as it is shown and asked for: a decimal text beside its currency.

use offers_domain::money::{Amount, Currency, Money};
use serde::{Serialize, Serializer};

use crate::problem::Problem;

/// A sum, written as `"19.99"`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal(Money);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        Self(money)
    }
}

impl From<Amount> for Decimal {
    fn from(amount: Amount) -> Self {
        Self(amount.money())
    }
}

/// A currency, written as `"EUR"`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrencyCode(Currency);

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl From<Currency> for CurrencyCode {
    fn from(currency: Currency) -> Self {
        Self(currency)
    }
}

/// The minor units of a query parameter that bounds prices.
pub(crate) fn price_bound(text: &str, currency: Currency, pointer: &str) -> Result<i64, Problem> {
    let bound = Money::parse(text, currency)
        .map_err(|error| Problem::invalid_value(pointer, format!("This {error}.")))?;
    if bound.minor() < 0 {
        return Err(Problem::invalid_value(pointer, "This must be zero or more."));
    }
    Ok(bound.minor())
}
