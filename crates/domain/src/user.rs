//! People: customers with a wallet, and staff.

use thiserror::Error;
use time::OffsetDateTime;

use crate::ids::UserId;
use crate::password::PasswordRefusal;
use crate::text::{self, TextError};

string_enum!(
    /// What a person may do.
    Role {
        /// Buys offers.
        Customer => "customer",
        /// Works in the back office.
        Staff => "staff",
        /// Staff who may also manage staff.
        Superuser => "superuser",
    }
);

impl Role {
    /// Whether the back office is open to this role.
    pub fn is_staff(self) -> bool {
        matches!(self, Self::Staff | Self::Superuser)
    }

    /// Whether this role may take money from others' wallets. Giving it back is every member of staff's.
    pub fn may_debit(self) -> bool {
        self == Self::Superuser
    }

    /// Whether this role may change what people of the `other` role may do.
    pub fn may_manage(self, other: Self) -> bool {
        match self {
            Self::Customer => false,
            Self::Staff => other == Self::Customer,
            Self::Superuser => true,
        }
    }
}

string_enum!(
    /// The language of messages to a person.
    Locale {
        /// English.
        En => "en",
        /// French.
        Fr => "fr",
    }
);

/// Why a person's data was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UserError {
    /// Not 1 to 150 letters, digits or `@.+-_`.
    #[error("username {0}")]
    Username(TextError),
    /// Not an address.
    #[error("email {0}")]
    Email(TextError),
    /// Not an international number.
    #[error("phone {0}")]
    Phone(TextError),
    /// Too short, too long or too easy to guess.
    #[error(transparent)]
    Password(#[from] PasswordRefusal),
}

/// A login name: 1 to 150 letters, digits or `@.+-_`, as the original data model has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Checks the limits.
    pub fn try_new(text: &str) -> Result<Self, UserError> {
        let text = text::line(text, 150).map_err(UserError::Username)?;
        if text.chars().all(|c| c.is_alphanumeric() || "@.+-_".contains(c)) {
            Ok(Self(text))
        } else {
            Err(UserError::Username(TextError::Malformed("may hold letters, digits and @.+-_ only")))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An e-mail address, checked for shape only: something, an `@`, something; at most 254 characters (RFC 5321).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks the shape.
    pub fn try_new(text: &str) -> Result<Self, UserError> {
        let text = text::line(text, 254).map_err(UserError::Email)?;
        let shaped = text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
        if shaped && !text.contains(char::is_whitespace) {
            Ok(Self(text))
        } else {
            Err(UserError::Email(TextError::Malformed("must look like name@example.com")))
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A telephone number in its international form (E.164): `+` and 7 to 15 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Checks the form.
    pub fn try_new(text: &str) -> Result<Self, UserError> {
        let text = text::line(text, 16).map_err(UserError::Phone)?;
        let digits = text.strip_prefix('+').unwrap_or_default();
        if (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(UserError::Phone(TextError::Malformed("must look like +33612345678")))
        }
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Their login, unique.
    pub username: Username,
    /// Where to write to them.
    pub email: Email,
    /// Their telephone number, if known.
    pub phone: Option<Phone>,
    /// The PHC string of their password.
    pub password_hash: String,
    /// What they may do.
    pub role: Role,
    /// Their language.
    pub locale: Locale,
    /// When they joined, UTC.
    pub joined_at: OffsetDateTime,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their login.
    pub username: String,
    /// Where to write to them.
    pub email: String,
    /// Their telephone number, if known.
    pub phone: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Their language.
    pub locale: Locale,
    /// False once staff has locked them out.
    pub is_active: bool,
    /// When they joined, UTC.
    pub joined_at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_follow_the_original_data_model() {
        for good in ["user1", "anna.k@example.com", "Ünal", &"a".repeat(150)] {
            assert!(Username::try_new(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a/b", "a\0", &"a".repeat(151)] {
            assert!(Username::try_new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_cannot_carry_a_second_header() {
        assert!(Email::try_new("user1@example.com").is_ok());
        for bad in ["", "user1", "@example.com", "user1@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d"] {
            assert!(Email::try_new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn telephone_numbers_are_international() {
        assert!(Phone::try_new("+33612345678").is_ok());
        for bad in ["", "0612345678", "+33 612345678", "+33612", "+3361234567890123", "+33612345678\r\n"] {
            assert!(Phone::try_new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn staff_look_after_customers_and_superusers_after_everybody_else() {
        use Role::{Customer, Staff, Superuser};
        for (role, other, may) in [
            (Customer, Customer, false),
            (Staff, Customer, true),
            (Staff, Staff, false),
            (Staff, Superuser, false),
            (Superuser, Customer, true),
            (Superuser, Staff, true),
            (Superuser, Superuser, true),
        ] {
            assert_eq!(role.may_manage(other), may, "{role} {other}");
        }
    }
}
