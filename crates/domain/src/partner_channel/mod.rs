//! The partner channel: companies that sell our offers to their customers through an API of their own.
//!
//! Not to be confused with the activation partner ([`crate::partner`]), which we call. A partner here calls us: with an
//! [API key](api_key), for a price that may carry a [discount], and under a [reference](mod@reference).

pub mod api_key;
pub mod discount;
pub mod reference;
pub mod sale;
pub mod views;

use thiserror::Error;
use time::OffsetDateTime;

use self::discount::Discount;
use crate::ids::{AccountId, PartnerId};
use crate::money::{Amount, Money};
use crate::text::{self, TextError};

string_enum!(
    /// Which account a partner's orders are charged to. A refund goes back there.
    Funding {
        /// The partner's settlement account: the customer has paid the partner.
        Partner => "partner",
        /// The customer's wallet.
        Subscriber => "subscriber",
    }
);

/// A name that is empty, too long or holds control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the partner's name {0}")]
pub struct InvalidPartnerName(TextError);

/// What a partner is called: one line of 1 to 100 characters, unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PartnerName(String);

impl PartnerName {
    /// Checks the limits.
    pub fn try_new(text: &str) -> Result<Self, InvalidPartnerName> {
        text::line(text.trim(), 100).map(Self).map_err(InvalidPartnerName)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Less than zero, or more than any amount may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a credit limit is zero or more, and at most 99999999.99")]
pub struct InvalidCreditLimit;

/// How far below zero a settlement account may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditLimit(Money);

impl CreditLimit {
    /// Checks the limits.
    pub fn try_new(limit: Money) -> Result<Self, InvalidCreditLimit> {
        match (limit.minor(), Amount::try_new(limit)) {
            (0, _) | (_, Ok(_)) => Ok(Self(limit)),
            _ => Err(InvalidCreditLimit),
        }
    }

    /// The sum of money.
    pub fn money(self) -> Money {
        self.0
    }
}

/// What a partner has agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartnerTerms {
    /// Who pays for its orders.
    pub funding: Funding,
    /// What it pays less than a customer would.
    pub discount: Discount,
    /// How many requests it may send in a minute; none leaves it to the deployment's setting.
    pub requests_per_minute: Option<u32>,
    /// False stops all its keys at once.
    pub is_active: bool,
}

/// A partner to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartner {
    /// What it is called.
    pub name: PartnerName,
    /// What it has agreed to.
    pub terms: PartnerTerms,
    /// When it was added, UTC.
    pub created_at: OffsetDateTime,
}

/// A company that sells through the partner API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// What it has agreed to.
    pub terms: PartnerTerms,
    /// When it was added, UTC.
    pub created_at: OffsetDateTime,
}

impl Partner {
    /// The account that it settles its orders from.
    pub fn settlement_account(&self) -> AccountId {
        AccountId::settlement_of(self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_credit_limit_is_nothing_or_an_amount() {
        let limit = |minor| CreditLimit::try_new(Money::from_minor(minor, Currency::EUR));
        assert!(limit(0).is_ok() && limit(9_999_999_999).is_ok());
        assert!(limit(-1).is_err() && limit(10_000_000_000).is_err());
    }

    #[test]
    fn a_name_is_one_line_without_blanks_around_it() {
        assert_eq!(PartnerName::try_new(" Kiosk & Co ").unwrap().as_str(), "Kiosk & Co");
        for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(PartnerName::try_new(bad).is_err(), "{bad}");
        }
    }
}
