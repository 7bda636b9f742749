//! Pseudonyms: a keyed hash, so that nobody can try names until one fits.

use offers_domain::audit::Pseudonym;
use offers_domain::ports::Pseudonyms;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

/// Tells this use of the key from every other.
const PURPOSE: &[u8] = b"offers pseudonyms\0";

/// HMAC-SHA256 under a key of its own, derived from the deployment's.
pub struct HmacPseudonyms(hmac::Key);

impl HmacPseudonyms {
    /// The same key makes the same pseudonyms.
    pub fn new(key: &SecretString) -> Self {
        let deployment = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&deployment, PURPOSE).as_ref()))
    }
}

impl Pseudonyms for HmacPseudonyms {
    fn of(&self, text: &str) -> Pseudonym {
        let tag = hmac::sign(&self.0, text.as_bytes());
        Pseudonym(tag.as_ref().iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_pseudonym_under_one_key() {
        let [one, same, other] =
            ["a", "a", "b"].map(|key| HmacPseudonyms::new(&SecretString::from(key.repeat(32))));
        assert_eq!(one.of("anna"), same.of("anna"));
        assert_ne!(one.of("anna"), one.of("ben"));
        assert_ne!(one.of("anna"), other.of("anna"));
    }
}
