//! The price of an offer for one partner.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::money::{Amount, MoneyError};

/// Not a percentage from 0 to 99.99 with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a discount is a percentage from 0 to 99.99, such as 5 or 7.25")]
pub struct InvalidDiscount;

/// What a partner pays less than a customer would, in hundredths of a percent. There is always something left to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Discount(u16);

/// The whole, in hundredths of a percent.
const WHOLE: u16 = 10_000;

impl Discount {
    /// The customer's price.
    pub const NONE: Self = Self(0);

    /// So many hundredths of a percent, less than the whole.
    pub fn try_new(hundredths: u16) -> Result<Self, InvalidDiscount> {
        if hundredths < WHOLE { Ok(Self(hundredths)) } else { Err(InvalidDiscount) }
    }

    /// Hundredths of a percent.
    pub fn hundredths(self) -> u16 {
        self.0
    }

    /// The price that is left of `price`: rounded to the nearest minor unit, a half up, and never nothing.
    pub fn applied_to(self, price: Amount) -> Result<Amount, MoneyError> {
        let rest = i128::from(WHOLE.saturating_sub(self.0));
        let whole = i128::from(WHOLE);
        let exact = i128::from(price.minor()).saturating_mul(rest);
        let rounded = exact.saturating_add(whole.div_euclid(2)).div_euclid(whole).max(1);
        Amount::from_minor(i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?, price.currency())
    }
}

impl FromStr for Discount {
    type Err = InvalidDiscount;

    fn from_str(text: &str) -> Result<Self, InvalidDiscount> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(InvalidDiscount);
        }
        format!("{whole}{fraction:0<2}").parse().map_err(|_| InvalidDiscount).and_then(Self::try_new)
    }
}

impl fmt::Display for Discount {
    /// The percentage, without its sign: `7.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0.div_euclid(100), self.0.rem_euclid(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn cents(minor: i64) -> Amount {
        Amount::from_minor(minor, Currency::EUR).unwrap()
    }

    #[test]
    fn a_discount_is_rounded_to_the_nearest_cent_and_leaves_something_to_pay() {
        for (discount, price, left) in [
            ("0", 1999, 1999),
            ("10", 1999, 1799),
            ("7.25", 2000, 1855),
            ("50", 1, 1),
            ("50", 3, 2),
            ("99.99", 1, 1),
            ("99.99", 9_999_999_999, 1_000_000),
        ] {
            let discount: Discount = discount.parse().unwrap();
            assert_eq!(discount.applied_to(cents(price)), Ok(cents(left)), "{discount} of {price}");
        }
    }

    #[test]
    fn a_discount_is_written_as_a_percentage() {
        for (text, shown) in [("5", "5.00"), ("7.25", "7.25"), ("0.5", "0.50"), ("99.99", "99.99")] {
            assert_eq!(text.parse::<Discount>().unwrap().to_string(), shown);
        }
        for bad in ["", "100", "-1", "+1", "5%", "5.", ".5", "1.234", "٣", "1e1"] {
            assert_eq!(bad.parse::<Discount>(), Err(InvalidDiscount), "{bad}");
        }
    }
}
