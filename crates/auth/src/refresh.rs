//! Refresh tokens: random bits, of which only a hash is kept.

use offers_domain::ports::{RefreshTokens, TokenError};
use offers_domain::session::RefreshHash;

use crate::opaque;

/// Tokens that mean nothing by themselves: 256 bits from the operating system, as 43 characters of base64url.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpaqueTokens;

impl RefreshTokens for OpaqueTokens {
    fn generate(&self) -> Result<(String, RefreshHash), TokenError> {
        let token = opaque::draw()?;
        let hash = self.hash(&token);
        Ok((token, hash))
    }

    fn hash(&self, token: &str) -> RefreshHash {
        RefreshHash(opaque::sha256(token))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn a_token_is_256_bits_of_url_safe_text() {
        let (token, _) = OpaqueTokens.generate().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(token).unwrap().len(), 32);
    }

    #[test]
    fn what_is_kept_is_the_sha_256_of_the_text() {
        let tokens = OpaqueTokens;
        let (token, kept) = tokens.generate().unwrap();
        assert_eq!(tokens.hash(&token), kept);

        let RefreshHash(abc) = tokens.hash("abc");
        assert_eq!(abc[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(abc[28..], [0xf2, 0x00, 0x15, 0xad]);
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let tokens = OpaqueTokens;
        let distinct: HashSet<String> = (0..1000).map(|_| tokens.generate().unwrap().0).collect();
        assert_eq!(distinct.len(), 1000);
    }
}
