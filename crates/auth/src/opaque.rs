//! Texts that mean nothing by themselves, of which only a hash is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use offers_domain::ports::TokenError;
use ring::digest;
use ring::rand::{self, SystemRandom};

/// How many characters 256 bits of base64url have.
pub(crate) const LENGTH: usize = 43;

/// 256 bits from the operating system, as base64url.
pub(crate) fn draw() -> Result<String, TokenError> {
    let bits: [u8; 32] = rand::generate(&SystemRandom::new()).map_err(|_| TokenError::Signing)?.expose();
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

/// SHA-256 of the text: enough where the text has 256 bits that nobody can guess.
pub(crate) fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; digest::SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}
