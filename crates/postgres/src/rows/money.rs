//! Money and the server's decimals.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use offers_domain::money::{Currency, Money};

/// `minor` units of a currency, as a decimal with the currency's decimals.
pub(crate) fn decimal(minor: i64, currency: Currency) -> BigDecimal {
    BigDecimal::new(BigInt::from(minor), i64::from(currency.exponent()))
}

/// The money that a decimal stands for; none where it has more decimals than the currency, or is too large to count.
pub(super) fn money(decimal: &BigDecimal, currency: Currency) -> Option<Money> {
    let decimals = i64::from(currency.exponent());
    let rounded = decimal.with_scale(decimals);
    let (digits, _) = rounded.as_bigint_and_exponent();
    let minor = i64::try_from(digits).ok()?;
    (rounded == *decimal).then_some(Money::from_minor(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn decimals_and_minor_units_are_inverse() {
        for (minor, code, text) in [
            (1999, "EUR", "19.99"),
            (-1, "EUR", "-0.01"),
            (0, "XOF", "0"),
            (500, "XOF", "500"),
            (1005, "TND", "1.005"),
            (i64::MAX, "EUR", "92233720368547758.07"),
        ] {
            let money_ = Money::from_minor(minor, currency(code));
            let written = decimal(minor, currency(code));
            assert_eq!(written.to_string(), text);
            // The server pads to three decimals.
            assert_eq!(money(&written.with_scale(3), currency(code)), Some(money_));
        }
    }

    #[test]
    fn what_the_currency_cannot_express_is_no_money() {
        for (text, code) in [("1.005", "EUR"), ("1.5", "XOF"), ("92233720368547758.08", "EUR")] {
            let decimal: BigDecimal = text.parse().unwrap();
            assert_eq!(money(&decimal, currency(code)), None, "{text} {code}");
        }
    }
}
