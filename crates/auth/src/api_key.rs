//! API keys of partners.

use offers_domain::partner_channel::api_key::{KeyHash, KeyMode};
use offers_domain::ports::{ApiKeys, TokenError};

use crate::opaque;

/// `ok_live_` or `ok_test_` and 43 characters of base64url: a key that leaks is recognised by its beginning.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomApiKeys;

const fn prefix(mode: KeyMode) -> &'static str {
    match mode {
        KeyMode::Live => "ok_live_",
        KeyMode::Test => "ok_test_",
    }
}

impl ApiKeys for RandomApiKeys {
    fn generate(&self, mode: KeyMode) -> Result<(String, KeyHash), TokenError> {
        let key = format!("{}{}", prefix(mode), opaque::draw()?);
        let hash = KeyHash(opaque::sha256(&key));
        Ok((key, hash))
    }

    fn hash(&self, key: &str) -> Option<KeyHash> {
        let secret = KeyMode::ALL.iter().find_map(|mode| key.strip_prefix(prefix(*mode)))?;
        let formed = secret.len() == opaque::LENGTH
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        formed.then(|| KeyHash(opaque::sha256(key)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_says_where_it_may_be_used_and_is_found_by_its_hash() {
        for (mode, beginning) in [(KeyMode::Live, "ok_live_"), (KeyMode::Test, "ok_test_")] {
            let (key, kept) = RandomApiKeys.generate(mode).unwrap();
            assert!(key.starts_with(beginning), "{key}");
            assert_eq!(RandomApiKeys.hash(&key), Some(kept));
        }
    }

    #[test]
    fn no_two_keys_are_alike() {
        let keys: HashSet<String> =
            (0..1000).map(|_| RandomApiKeys.generate(KeyMode::Live).unwrap().0).collect();
        assert_eq!(keys.len(), 1000);
    }

    #[test]
    fn what_does_not_have_the_form_of_a_key_is_none() {
        let (key, _) = RandomApiKeys.generate(KeyMode::Live).unwrap();
        for text in [
            "",
            "ok_live_",
            "eyJhbGciOiJIUzI1NiJ9.e30.x",
            &key.replace("ok_live_", "ok_dead_"),
            &format!("{key}A"),
            &key[..50],
            &format!("{}é", &key[..49]),
            &format!(" {}", &key[..50]),
        ] {
            assert_eq!(RandomApiKeys.hash(text), None, "{text}");
        }
    }
}
