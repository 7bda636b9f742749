//! Django's spelling of password hashes, and the PHC strings that they stand for.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use offers_domain::import::SourcePassword;

/// What a salt may have in a PHC string, in bytes.
const SALT: std::ops::RangeInclusive<usize> = 8..=48;

/// Argon2 and PBKDF2 with SHA-256 can be checked here; anything else, and Django's mark for "no password", cannot.
pub(super) fn password(text: &str) -> SourcePassword {
    let phc = match text.split_once('$') {
        Some(("argon2", argon2)) => Some(format!("${argon2}")),
        Some(("pbkdf2_sha256", rest)) => pbkdf2(rest),
        _ => None,
    };
    phc.map_or(SourcePassword::Unusable, SourcePassword::Hash)
}

/// `720000$salt$hash=`: the salt stands there as it is, the hash in base64.
fn pbkdf2(text: &str) -> Option<String> {
    let (passes, rest) = text.split_once('$')?;
    let (salt, hash) = rest.split_once('$')?;
    let passes: u32 = passes.parse().ok().filter(|passes| (1..=2_000_000).contains(passes))?;
    let salt = SALT.contains(&salt.len()).then(|| BASE64_STANDARD_NO_PAD.encode(salt))?;
    let hash = hash.trim_end_matches('=');
    let is_whole = BASE64_STANDARD_NO_PAD.decode(hash).is_ok_and(|bytes| bytes.len() == 32);
    is_whole.then(|| format!("$pbkdf2-sha256$i={passes},l=32${salt}${hash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phc(text: &str) -> Option<String> {
        match password(text) {
            SourcePassword::Hash(phc) => Some(phc),
            SourcePassword::Unusable => None,
        }
    }

    #[test]
    fn hashes_that_can_be_checked_become_phc_strings() {
        let hash = "BwCoWc8Zsv0Q5YXIMTh1cD5+mHTzCSXD04kMyhM1gm0";
        assert_eq!(
            phc(&format!("pbkdf2_sha256$720000$seasaltseasalt${hash}=")),
            Some(format!("$pbkdf2-sha256$i=720000,l=32$c2Vhc2FsdHNlYXNhbHQ${hash}"))
        );
        assert_eq!(
            phc("argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA").as_deref(),
            Some("$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA")
        );
    }

    #[test]
    fn what_cannot_be_checked_is_no_password() {
        for text in [
            "",
            "!kh2BqzQ9",
            "md5$salt$5d41402abc4b2a76b9719d911017c592",
            "bcrypt_sha256$$2b$12$abc",
            "pbkdf2_sha256$many$seasaltseasalt$aGFzaA==",
            "pbkdf2_sha256$1000$short$aGFzaA==",
            "pbkdf2_sha256$1000$seasaltseasalt$aGFzaA==",
            "pbkdf2_sha256$900000000$seasaltseasalt$BwCoWc8Zsv0Q5YXIMTh1cD5+mHTzCSXD04kMyhM1gm0=",
        ] {
            assert_eq!(phc(text), None, "{text}");
        }
    }
}
