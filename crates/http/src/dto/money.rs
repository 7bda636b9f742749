//! Money as it is shown and asked for: a decimal text beside its currency.

use std::borrow::Cow;
use std::fmt;

use offers_domain::money::{Amount, Currency, Money};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::problem::Problem;

/// A sum, written as `"19.99"`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal(Money);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A sum: a decimal number with as many decimals as the currency has.",
            "pattern": "^-?(0|[1-9][0-9]*)(\\.[0-9]{2,3})?$",
            "examples": ["19.99"],
        })
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

impl JsonSchema for CurrencyCode {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A currency (ISO 4217).",
            "pattern": "^[A-Z]{3}$",
            "examples": ["EUR"],
        })
    }
}

impl From<Currency> for CurrencyCode {
    fn from(currency: Currency) -> Self {
        Self(currency)
    }
}

/// An amount as it was sent, a JSON text or number. What it is worth depends on the currency.
#[derive(Debug, Clone)]
pub(crate) struct AmountText(String);

impl AmountText {
    /// The sum, which may be nothing, in `currency`.
    pub(crate) fn money(&self, currency: Currency, pointer: &str) -> Result<Money, Problem> {
        Money::parse(&self.0, currency)
            .map_err(|error| Problem::invalid_value(pointer, format!("This {error}.")))
    }

    /// The amount, in `currency`.
    pub(crate) fn amount(&self, currency: Currency, pointer: &str) -> Result<Amount, Problem> {
        Amount::parse(&self.0, currency)
            .map_err(|error| Problem::invalid_value(pointer, format!("This {error}.")))
    }
}

impl JsonSchema for AmountText {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount in the deployment's currency, with at most as many decimals as it has: as text, \
                or as a number.",
            "anyOf": [
                { "type": "string", "pattern": "^[0-9]{1,8}(\\.[0-9]{1,3})?$" },
                { "type": "number", "minimum": 0, "maximum": 99_999_999.99 },
            ],
            "examples": ["19.99"],
        })
    }
}

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = AmountText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount such as \"19.99\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AmountText, E> {
        Ok(AmountText(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<AmountText, E> {
        Ok(AmountText(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<AmountText, E> {
        Ok(AmountText(number.to_string()))
    }

    /// The shortest text that stands for the number: what was sent, for every amount there may be.
    fn visit_f64<E: Error>(self, number: f64) -> Result<AmountText, E> {
        Ok(AmountText(number.to_string()))
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
