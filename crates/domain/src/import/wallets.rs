//! Balances.

use super::{Refusal, SourceAccount, money, quoted};
use crate::money::{Amount, Currency};

/// The money that a wallet starts with; none for an empty one.
pub fn opening_balance(row: &SourceAccount, currency: Currency) -> Result<Option<Amount>, Refusal> {
    let balance = money(&row.balance, currency)?;
    match balance.minor() {
        ..=-1 => Err(Refusal::Overdrawn(balance)),
        0 => Ok(None),
        _ => Amount::try_new(balance)
            .map(Some)
            .map_err(|error| Refusal::Amount { text: quoted(&row.balance), error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(balance: &str) -> Result<Option<i64>, Refusal> {
        let row = SourceAccount { id: 1, user: 1, balance: balance.into() };
        opening_balance(&row, Currency::EUR).map(|amount| amount.map(Amount::minor))
    }

    #[test]
    fn a_wallet_starts_with_what_it_held_and_never_below_zero() {
        assert_eq!(opening("12.34"), Ok(Some(1234)));
        assert_eq!(opening("99999999.99"), Ok(Some(9_999_999_999)));
        assert_eq!(opening("0.00"), Ok(None));
        assert!(matches!(opening("-0.01"), Err(Refusal::Overdrawn(_))));
    }
}
