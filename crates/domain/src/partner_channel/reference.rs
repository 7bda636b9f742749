//! The two names of a partner's order: ours, which everybody may see, and the partner's own.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::ids::{OfferId, PartnerId, TransactionId, UserId};
use crate::money::Amount;
use crate::text::{self, TextError};

/// Not `REF-` and 12 characters of its alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a reference is REF- and 12 digits or capital letters without I, L, O and U")]
pub struct InvalidReference;

/// Our name for a partner's order: `REF-` and 12 characters, drawn at random, unique. It can be read aloud: no character
/// looks like another (Crockford's base 32).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference([u8; LENGTH]);

const PREFIX: &str = "REF-";
const LENGTH: usize = 12;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Reference {
    /// The reference that 60 of these random bits make.
    pub fn from_bits(bits: u64) -> Self {
        let mut characters = [b'0'; LENGTH];
        let mut rest = bits;
        for character in &mut characters {
            let place = usize::try_from(rest & 31).unwrap_or_default();
            *character = ALPHABET.get(place).copied().unwrap_or(b'0');
            rest >>= 5_u32;
        }
        Self(characters)
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let characters = text.strip_prefix(PREFIX).map(str::as_bytes).ok_or(InvalidReference)?;
        let characters: [u8; LENGTH] = characters.try_into().map_err(|_| InvalidReference)?;
        if characters.iter().all(|character| ALPHABET.contains(character)) {
            Ok(Self(characters))
        } else {
            Err(InvalidReference)
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The alphabet is always UTF-8.
        write!(f, "{PREFIX}{}", str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The partner's name for its order: one line of 1 to 100 characters, unique among the partner's orders for good. A
/// request that is sent twice with it has one effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartnerReference(String);

impl PartnerReference {
    /// Checks the limits.
    pub fn try_new(text: &str) -> Result<Self, TextError> {
        text::line(text, 100).map(Self)
    }

    /// The reference.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is kept of an order beside its transaction, because a partner placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerOrder {
    /// The order.
    pub transaction: TransactionId,
    /// Whose order it is.
    pub partner: PartnerId,
    /// Our name for it.
    pub reference: Reference,
    /// The partner's name for it, if it gave one.
    pub partner_reference: Option<PartnerReference>,
}

/// A partner's order with what it asked for: what a repeated request must ask for, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPartnerOrder {
    /// The order.
    pub order: PartnerOrder,
    /// For whom.
    pub user: UserId,
    /// What.
    pub offer: OfferId,
    /// For how much.
    pub amount: Amount,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_twelve_characters_that_cannot_be_mistaken() {
        assert_eq!(Reference::from_bits(0).to_string(), "REF-000000000000");
        assert_eq!(Reference::from_bits(u64::MAX).to_string(), "REF-ZZZZZZZZZZZZ");
        for ambiguous in ['I', 'L', 'O', 'U'] {
            assert!(!ALPHABET.contains(&u8::try_from(ambiguous).unwrap()));
        }
    }

    #[test]
    fn every_one_of_60_bits_makes_another_reference() {
        let plain = Reference::from_bits(0);
        for bit in 0..60 {
            assert_ne!(Reference::from_bits(1 << bit), plain, "{bit}");
        }
    }

    #[test]
    fn a_reference_is_read_in_the_one_form_in_which_it_is_written() {
        let reference = Reference::from_bits(0x0123_4567_89ab_cdef);
        assert_eq!(reference.to_string().parse(), Ok(reference));
        for bad in [
            "",
            "REF-",
            "REF-0000000000",
            "REF-0000000000000",
            "ref-000000000000",
            "REF-00000000000I",
            "000000000000",
        ] {
            assert_eq!(bad.parse::<Reference>(), Err(InvalidReference), "{bad}");
        }
    }
}
