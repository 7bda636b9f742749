//! Passwords of an earlier system: PBKDF2 with HMAC-SHA-256 (RFC 8018), as a PHC string. They are checked, never made: the
//! first login replaces them.

use std::num::NonZeroU32;

use argon2::PasswordHash;
use ring::pbkdf2::{PBKDF2_HMAC_SHA256, verify as check};

const IDENT: &str = "pbkdf2-sha256";
/// More passes than any such system was ever told to make would only keep a core busy.
const MOST_PASSES: u32 = 2_000_000;

/// Whether the password is right; none where the hash is of another kind, or none at all.
pub(crate) fn verify(password: &str, stored: &PasswordHash) -> Option<bool> {
    if stored.algorithm.as_str() != IDENT {
        return None;
    }
    let passes = stored.params.get_decimal("i").filter(|passes| *passes <= MOST_PASSES)?;
    let (passes, salt, hash) = (NonZeroU32::new(passes)?, stored.salt.as_ref()?, stored.hash.as_ref()?);
    Some(check(PBKDF2_HMAC_SHA256, passes, salt.as_ref(), password.as_bytes(), hash.as_bytes()).is_ok())
}
