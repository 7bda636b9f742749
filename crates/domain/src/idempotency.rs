//! Idempotency keys: a request that is sent twice has one effect and one answer
//! (draft-ietf-httpapi-idempotency-key-header).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use time::OffsetDateTime;

use crate::ids::{PartnerId, TransactionId, UserId};

/// Who sent a request: keys of two principals never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A person.
    User(UserId),
    /// A partner.
    Partner(PartnerId),
    /// Whoever holds the command line.
    System,
}

impl fmt::Display for Principal {
    /// `user:7`, `partner:7` or `system`: the spelling in rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Partner(id) => write!(f, "partner:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Not 16 to 255 printable ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an idempotency key has 16 to 255 printable ASCII characters")]
pub struct InvalidKey;

/// What a client calls its request: 16 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Checks length and characters.
    pub fn try_new(text: &str) -> Result<Self, InvalidKey> {
        let printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if printable && (16..=255).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKey)
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        Self::try_new(text)
    }
}

/// Where a key is unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Who sent it.
    pub principal: Principal,
    /// The route's template, such as `POST /activation`.
    pub route: &'static str,
    /// The key.
    pub key: IdempotencyKey,
}

/// A scope with the fingerprint of the request that used it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyHandle {
    /// Where the key is unique.
    pub scope: Scope,
    /// SHA-256 of the method, the route's template and the canonical body.
    pub fingerprint: [u8; 32],
}

/// An answer, kept to be given again word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body, byte for byte.
    pub body: String,
}

/// A request that had its effect. Written in the commit of the effect, kept for 72 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The key and the request's fingerprint.
    pub handle: IdempotencyHandle,
    /// What the request made: an order, or the movement of a wallet, which has an id of the same kind.
    pub transaction: TransactionId,
    /// What was answered.
    pub response: StoredResponse,
    /// When, UTC.
    pub created_at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_16_to_255_printable_characters() {
        for good in ["0123456789abcdef", &"k".repeat(255), "with a space 16 chars"] {
            assert!(IdempotencyKey::try_new(good).is_ok(), "{good}");
        }
        for bad in ["", "tooshort", &"k".repeat(256), "0123456789abcde\u{e9}", "0123456789abcde\n"] {
            assert!(IdempotencyKey::try_new(bad).is_err(), "{bad}");
        }
    }
}
