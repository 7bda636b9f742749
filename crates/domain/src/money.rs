//! Money: integer minor units of one currency, checked arithmetic, no float anywhere.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Why an amount could not be made or combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Not a plain decimal number such as `19.99`.
    #[error("must be a decimal number such as 19.99")]
    Malformed,
    /// More decimals than the currency has.
    #[error("must have at most {0} decimals")]
    TooManyDecimals(u8),
    /// Zero or less where a positive amount is required.
    #[error("must be greater than zero")]
    NotPositive,
    /// Above 99 999 999.99, the limit that the product's data model sets.
    #[error("must be at most 99999999.99")]
    TooLarge,
    /// Two currencies in one sum.
    #[error("amounts are in different currencies")]
    CurrencyMismatch,
    /// Beyond 64 bits of minor units.
    #[error("the sum is too large")]
    Overflow,
}

/// An ISO 4217 currency with its number of decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

/// Not three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a currency is three capital letters (ISO 4217), such as EUR")]
pub struct UnknownCurrency;

impl Currency {
    /// The euro, two decimals.
    pub const EUR: Self = Self { code: *b"EUR", exponent: 2 };

    /// The three-letter code.
    pub fn code(&self) -> &str {
        // Capital letters are always UTF-8.
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// How many decimals an amount has: 2 for EUR, 0 for XOF, 3 for TND.
    pub const fn exponent(self) -> u8 {
        self.exponent
    }

    /// Minor units in one major unit: 100 for EUR.
    const fn scale(self) -> i64 {
        match self.exponent {
            0 => 1,
            3 => 1_000,
            _ => 100,
        }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// The exponent follows ISO 4217's list of exceptions; every other currency has two decimals.
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| UnknownCurrency)?;
        if !code.iter().all(u8::is_ascii_uppercase) {
            return Err(UnknownCurrency);
        }
        let exponent = match text {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
            | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        };
        Ok(Self { code, exponent })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A sum of money, which may be zero or negative: balances and differences.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// `minor` minor units: 1999 is 19.99 EUR.
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Parses a plain decimal number: digits, at most one point, at most the currency's decimals. No exponent, no
    /// separators, no leading plus.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(MoneyError::Malformed),
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::Malformed);
        }
        let decimals = usize::from(currency.exponent);
        if fraction.len() > decimals {
            return Err(MoneyError::TooManyDecimals(currency.exponent));
        }
        let minor: i64 =
            format!("{whole}{fraction:0<decimals$}").parse().map_err(|_| MoneyError::TooLarge)?;
        let signed = if negative { minor.checked_neg() } else { Some(minor) };
        signed.map(|minor| Self { minor, currency }).ok_or(MoneyError::Overflow)
    }

    /// The sum.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(self, other: Self, op: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = op(self.minor, other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, currency: self.currency })
    }
}

impl fmt::Display for Money {
    /// The plain decimal number, without the currency: `19.99`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.currency.scale().unsigned_abs();
        let absolute = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        let whole = absolute.checked_div(scale).unwrap_or_default();
        let fraction = absolute.checked_rem(scale).unwrap_or_default();
        match usize::from(self.currency.exponent) {
            0 => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{fraction:0decimals$}"),
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} {}", self.currency)
    }
}

/// A price or a movement: more than zero, at most 99 999 999.99.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount(Money);

impl Amount {
    /// Checks the two limits.
    pub fn try_new(money: Money) -> Result<Self, MoneyError> {
        // 99 999 999.99 in a currency with two decimals, and as many whole units in any other.
        let limit = 99_999_999_i64.saturating_mul(money.currency.scale());
        let limit = limit.saturating_add(money.currency.scale().saturating_sub(1));
        match money.minor {
            ..=0 => Err(MoneyError::NotPositive),
            minor if minor > limit => Err(MoneyError::TooLarge),
            _ => Ok(Self(money)),
        }
    }

    /// `minor` minor units of `currency`.
    pub fn from_minor(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::try_new(Money::from_minor(minor, currency))
    }

    /// Parses as [`Money::parse`] and checks the limits.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Money::parse(text, currency).and_then(Self::try_new)
    }

    /// The sum of money.
    pub const fn money(self) -> Money {
        self.0
    }

    /// The number of minor units.
    pub const fn minor(self) -> i64 {
        self.0.minor
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.0.currency
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn amounts_parse_with_the_currencys_decimals() {
        for (text, code, minor) in [
            ("19.99", "EUR", 1999),
            ("19.9", "EUR", 1990),
            ("19", "EUR", 1900),
            ("0.01", "EUR", 1),
            ("500", "XOF", 500),
            ("1.005", "TND", 1005),
            ("99999999.99", "EUR", 9_999_999_999),
            ("99999999.999", "TND", 99_999_999_999),
        ] {
            assert_eq!(Amount::parse(text, currency(code)).map(Amount::minor), Ok(minor), "{text} {code}");
        }
    }

    #[test]
    fn what_is_not_a_plain_amount_is_refused() {
        use MoneyError::{Malformed, NotPositive, TooLarge, TooManyDecimals};
        for (text, code, error) in [
            ("1.005", "EUR", TooManyDecimals(2)),
            ("1.5", "XOF", TooManyDecimals(0)),
            ("0", "EUR", NotPositive),
            ("-0", "EUR", NotPositive),
            ("-1", "EUR", NotPositive),
            ("100000000", "EUR", TooLarge),
            ("99999999999999999999", "EUR", TooLarge),
            ("1e3", "EUR", Malformed),
            ("NaN", "EUR", Malformed),
            ("", "EUR", Malformed),
            (".5", "EUR", Malformed),
            ("5.", "EUR", Malformed),
            ("+5", "EUR", Malformed),
            ("1 000", "EUR", Malformed),
            ("1,5", "EUR", Malformed),
            ("٣", "EUR", Malformed),
        ] {
            assert_eq!(Amount::parse(text, currency(code)), Err(error), "{text} {code}");
        }
    }

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(currency("JPY").exponent(), 0);
        assert_eq!(currency("KWD").exponent(), 3);
        assert_eq!(Currency::EUR, currency("EUR"));
        for text in ["eur", "EU", "EURO", "E€", ""] {
            assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency), "{text}");
        }
    }

    #[test]
    fn two_currencies_never_add_up() {
        let euros = Money::from_minor(1, currency("EUR"));
        let francs = Money::from_minor(1, currency("XOF"));
        assert_eq!(euros.checked_add(francs), Err(MoneyError::CurrencyMismatch));
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(minor in any::<i64>(), code in prop::sample::select(vec!["EUR", "XOF", "TND"])) {
            prop_assume!(minor != i64::MIN);
            let money = Money::from_minor(minor, currency(code));
            prop_assert_eq!(Money::parse(&money.to_string(), currency(code)), Ok(money));
        }

        #[test]
        fn sums_are_exact_or_refused(a in any::<i64>(), b in any::<i64>()) {
            let sum = Money::from_minor(a, Currency::EUR).checked_add(Money::from_minor(b, Currency::EUR));
            let exact = a.checked_add(b).map(|minor| Money::from_minor(minor, Currency::EUR));
            prop_assert_eq!(sum, exact.ok_or(MoneyError::Overflow));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = Amount::parse(&text, Currency::EUR);
        }
    }
}
