//! Django's spelling of password hashes, and the PHC strings that they stand for.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use offers_domain::import::SourcePassword;

/// What a salt may have in a PHC string, in bytes.
const SALT: std::ops::RangeInclusive<usize> = 8..=48;

/// Argon2 and PBKDF2 with SHA-256 can be checked here; anything else, and Django's mark for "no password", cannot.
pub(super) fn password(text: &str) -> SourcePassword {
    let phc = match text.split_once('$') {
        Some(("argon2", argon2)) => self::argon2(argon2),
        Some(("pbkdf2_sha256", rest)) => pbkdf2(rest),
        _ => None,
    };
    phc.map_or(SourcePassword::Unusable, SourcePassword::Hash)
}

/// `argon2id$v=19$m=102400,t=2,p=8$salt$hash`, a PHC string but for its first character. One that would cost more memory or
/// passes than Django ever asks for is refused: whoever wrote it could stop every login with it.
fn argon2(text: &str) -> Option<String> {
    let [kind, version, costs, salt, hash] = text.split('$').collect::<Vec<_>>().try_into().ok()?;
    let cost = |name: &str, most: u32| {
        let mut named = costs.split(',').filter_map(|cost| cost.strip_prefix(name)?.strip_prefix('='));
        named.next()?.parse().ok().filter(|cost: &u32| (1..=most).contains(cost))
    };
    let is_known = matches!(kind, "argon2id" | "argon2i") && version == "v=19";
    let is_bounded = cost("m", 102_400).is_some() && cost("t", 10).is_some() && cost("p", 16).is_some();
    let is_whole = [salt, hash]
        .iter()
        .all(|part| BASE64_STANDARD_NO_PAD.decode(part).is_ok_and(|bytes| bytes.len() >= 4));
    (is_known && is_bounded && is_whole).then(|| format!("${text}"))
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
            "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ",
            "argon2$argon2id$v=19$m=4000000000,t=2,p=8$c2FsdHNhbHQ$aGFzaA",
            "argon2$argon2id$v=19$m=102400,t=2000,p=8$c2FsdHNhbHQ$aGFzaA",
            "argon2$argon2id$v=19$t=2,p=8$c2FsdHNhbHQ$aGFzaA",
            "argon2$argon2x$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$aGFzaA",
            "pbkdf2_sha256$many$seasaltseasalt$aGFzaA==",
            "pbkdf2_sha256$1000$short$aGFzaA==",
            "pbkdf2_sha256$1000$seasaltseasalt$aGFzaA==",
            "pbkdf2_sha256$900000000$seasaltseasalt$BwCoWc8Zsv0Q5YXIMTh1cD5+mHTzCSXD04kMyhM1gm0=",
        ] {
            assert_eq!(phc(text), None, "{text}");
        }
    }
}
