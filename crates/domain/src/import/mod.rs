//! Taking over what an earlier system knows: people, offers, wallets and orders.
//!
//! Each rule turns one row of the earlier system into what is written here, or says why it cannot be taken. Nothing is
//! repaired in silence: whatever is changed on the way is a [`Note`].

mod catalogue;
mod orders;
mod people;
mod source;
mod wallets;

use std::fmt;

use thiserror::Error;

use crate::money::{Currency, Money, MoneyError};
use crate::offer::OfferError;
use crate::user::UserError;

pub use catalogue::offer_terms;
pub use orders::{BookedOrder, PastOrder, PastUserOffer, past_order};
pub use people::{Newcomer, newcomer};
pub use source::{SourceAccount, SourceOffer, SourceOrder, SourcePassword, SourceService, SourceUser};
pub use wallets::opening_balance;

string_enum!(
    /// What is taken over, in this order: what comes later refers to what came before.
    ImportTable {
        /// People.
        Users => "user",
        /// The catalogue.
        Offers => "offer",
        /// Balances.
        Accounts => "account",
        /// Orders of customers, each with its subscription.
        Transactions => "transaction",
        /// Orders of partners, each with its subscription.
        PartnerTransactions => "partner_transaction",
        /// Subscriptions that no order paid for.
        UserOffers => "user_offer",
    }
);

/// A row that was taken over: what stands for it here, and what it said then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRow {
    /// Its table.
    pub table: ImportTable,
    /// Its key there.
    pub source: i64,
    /// The id here.
    pub target: String,
    /// What tells whether it has changed since: a name, a balance, a status.
    pub seen: String,
}

/// Why a row cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A person that could not have signed up here.
    #[error(transparent)]
    User(#[from] UserError),
    /// Somebody here has that name.
    #[error("the username is taken by somebody who did not come from there")]
    UsernameTaken,
    /// An offer that could not be sold here.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// An amount that is none, or that the currency cannot express.
    #[error("the amount {text} {error}")]
    Amount {
        /// What is there.
        text: String,
        /// What is wrong with it.
        error: MoneyError,
    },
    /// A wallet that owes: nothing here may be below zero.
    #[error("the balance {0} is below zero; the wallet starts empty, and what is owed stays to be settled")]
    Overdrawn(Money),
    /// Its person was not taken.
    #[error("its user is not taken")]
    UserMissing,
    /// Its offer was not taken.
    #[error("its offer is not taken")]
    OfferMissing,
    /// An id that no client could ask for.
    #[error("the transaction id {0} is not a UUID")]
    TransactionId(String),
    /// Another order has the id.
    #[error("another order has its transaction id")]
    IdTaken,
    /// A status that nobody has heard of.
    #[error("the status {0} is unknown")]
    Status(String),
    /// A service that could not have been sold.
    #[error("its subscription lasts less than a day")]
    TooShort,
    /// Nobody's wallet paid, so that no wallet may be refunded.
    #[error(
        "a partner's order that is still open: no wallet here has paid for it, so none could be refunded"
    )]
    OpenPartnerOrder,
    /// Nothing says what was paid.
    #[error("no order paid for it")]
    Unpaid,
}

/// What was changed, or must be known, about a row that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// It says something else now.
    Changed {
        /// What it said when it was taken.
        was: String,
        /// What it says.
        is: String,
    },
    /// There was no usable address.
    NoEmail(String),
    /// The password cannot be checked here.
    NoPassword,
    /// It had not ended: a person decides.
    NeedsAttention,
    /// It succeeded, and its subscription was missing.
    ServiceAdded,
    /// Its subscription was switched off before its end.
    ServiceEnded,
    /// It failed, and its subscription was on.
    ServiceCancelled,
    /// A partner placed it, and nothing there says which one.
    PartnerUnknown,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { was, is } => {
                let (was, is) = (quoted(was), quoted(is));
                write!(f, "said {was} when it was taken and says {is} now; what was taken stays")
            }
            Self::NoEmail(address) => write!(f, "has no usable e-mail address and gets {address}"),
            Self::NoPassword => f.write_str("has no password that can be checked here and needs a new one"),
            Self::NeedsAttention => {
                f.write_str("has not ended; it waits for a decision, paid and not refunded")
            }
            Self::ServiceAdded => f.write_str("succeeded without a subscription, which is added"),
            Self::ServiceEnded => {
                f.write_str("its subscription was switched off before its end, and is over")
            }
            Self::PartnerUnknown => {
                f.write_str("was placed by a partner, which nothing there names; it is the customer's here")
            }
            Self::ServiceCancelled => {
                f.write_str("failed although its subscription was on, which is cancelled")
            }
        }
    }
}

/// What a row becomes, and what was changed on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken<T> {
    /// What is written.
    pub value: T,
    /// What was changed.
    pub notes: Vec<Note>,
}

/// Money as the earlier system writes it: with two decimals, whatever the currency has.
pub fn money(text: &str, currency: Currency) -> Result<Money, Refusal> {
    let plain = match text.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            left => format!("{whole}.{left}"),
        },
        None => text.to_owned(),
    };
    Money::parse(&plain, currency).map_err(|error| Refusal::Amount { text: quoted(text), error })
}

/// Text from there, fit to be shown on a terminal.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_change_is_fit_for_a_terminal() {
        let note = Note::Changed { was: "Fibre".into(), is: "\u{1b}[2J".into() };
        assert_eq!(
            note.to_string(),
            "said Fibre when it was taken and says \\u{1b}[2J now; what was taken stays"
        );
    }

    #[test]
    fn amounts_lose_the_zeros_that_the_currency_has_no_place_for_and_nothing_else() {
        let francs: Currency = "XOF".parse().unwrap();
        assert_eq!(money("500.00", francs).map(Money::minor), Ok(500));
        assert_eq!(money("19.90", Currency::EUR).map(Money::minor), Ok(1990));
        assert_eq!(money("-5.00", Currency::EUR).map(Money::minor), Ok(-500));
        assert_eq!(money("0.00", Currency::EUR).map(Money::minor), Ok(0));
        for (text, currency) in [("500.50", francs), ("NaN", Currency::EUR), ("", Currency::EUR)] {
            assert!(matches!(money(text, currency), Err(Refusal::Amount { .. })), "{text}");
        }
    }

    #[test]
    fn text_from_there_cannot_move_the_cursor() {
        assert_eq!(quoted("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(quoted(&"x".repeat(100)).len(), 40);
    }
}
