//! Signatures after Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

/// How far the sender's clock may be from the receiver's.
pub const TOLERANCE: Duration = Duration::minutes(5);
/// Signatures and secrets beyond these are not looked at.
const MOST: usize = 8;
/// A shorter secret could be guessed.
const SHORTEST_SECRET: usize = 24;
/// Bytes of a new secret.
const NEW_SECRET: usize = 32;
/// How every secret begins.
const PREFIX: &str = "whsec_";

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadSecret {
    /// It begins otherwise.
    #[error("a secret begins with whsec_")]
    Prefix,
    /// The rest is no base64.
    #[error("a secret is base64")]
    Base64,
    /// It could be guessed.
    #[error("a secret has at least 24 bytes")]
    TooShort,
    /// None, or too many.
    #[error("there must be from 1 to 8 secrets")]
    Number,
}

/// A secret that signs and checks. Never printed.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// Reads `whsec_` and base64.
    pub fn try_new(secret: &str) -> Result<Self, BadSecret> {
        let text = secret.strip_prefix(PREFIX).ok_or(BadSecret::Prefix)?;
        let bytes = STANDARD.decode(text).map_err(|_| BadSecret::Base64)?;
        if bytes.len() < SHORTEST_SECRET {
            return Err(BadSecret::TooShort);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The signature, `v1,` and base64.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(hmac::sign(&self.0, &signed(id, timestamp, body))))
    }
}

/// Reads secrets with commas between, as there are two of them while one is being changed.
pub fn keys(secrets: &str) -> Result<Vec<Key>, BadSecret> {
    let texts = secrets.split(',').map(str::trim).filter(|secret| !secret.is_empty());
    let keys: Vec<_> = texts.map(Key::try_new).collect::<Result<_, _>>()?;
    if keys.is_empty() || keys.len() > MOST { Err(BadSecret::Number) } else { Ok(keys) }
}

/// A new secret of 256 random bits; none where the system has no randomness.
pub fn new_secret() -> Option<String> {
    let mut bytes = [0; NEW_SECRET];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// A message as it came, with its three headers.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since 1970.
    pub timestamp: &'a str,
    /// `webhook-signature`: signatures with blanks between.
    pub signature: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Forgery {
    /// No secret has signed it.
    #[error("no signature fits")]
    Signature,
    /// It is too old, or from the future.
    #[error("it is more than five minutes old, or from the future")]
    Stale,
}

impl Envelope<'_> {
    /// Whether one of these keys has signed the message, at a time near `now`. Every secret is compared with every
    /// signature, each in constant time.
    pub fn check(&self, keys: &[Key], now: OffsetDateTime) -> Result<(), Forgery> {
        let signed = signed(self.id, self.timestamp, self.body);
        let signatures = self.signature.split(' ').take(MOST).filter_map(|text| text.strip_prefix("v1,"));
        let signatures: Vec<_> = signatures.filter_map(|text| STANDARD.decode(text).ok()).collect();
        let pairs = keys.iter().flat_map(|key| signatures.iter().map(move |tag| (key, tag)));
        if !pairs.into_iter().any(|(key, tag)| hmac::verify(&key.0, &signed, tag).is_ok()) {
            return Err(Forgery::Signature);
        }
        let sent = self.timestamp.parse().ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        let sent = sent.ok_or(Forgery::Signature)?;
        if (now - sent).abs() > TOLERANCE { Err(Forgery::Stale) } else { Ok(()) }
    }
}

fn signed(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: &str = "1614265330";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_614_265_330 + seconds).unwrap()
    }

    fn envelope<'a>(signature: &'a str, body: &'a str) -> Envelope<'a> {
        Envelope { id: ID, timestamp: TIMESTAMP, signature, body: body.as_bytes() }
    }

    #[test]
    fn the_example_of_the_specification_is_signed_and_checked() {
        let key = Key::try_new(SECRET).unwrap();
        assert_eq!(key.sign(ID, TIMESTAMP, BODY.as_bytes()), SIGNATURE);
        assert_eq!(envelope(SIGNATURE, BODY).check(&[key], at(0)), Ok(()));
    }

    #[test]
    fn one_of_several_signatures_and_one_of_several_secrets_is_enough() {
        let other = new_secret().unwrap();
        let both = keys(&format!("{other}, {SECRET}")).unwrap();
        let two = format!("{} {SIGNATURE}", Key::try_new(&other).unwrap().sign(ID, TIMESTAMP, b"else"));
        assert_eq!(envelope(&two, BODY).check(&both, at(0)), Ok(()));
    }

    #[test]
    fn whatever_was_changed_is_forged() {
        let good = keys(SECRET).unwrap();
        for (signature, body) in [
            (SIGNATURE, "{}"),
            ("v1,", BODY),
            ("", BODY),
            ("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY),
            ("v1,AAAA", BODY),
        ] {
            assert_eq!(envelope(signature, body).check(&good, at(0)), Err(Forgery::Signature), "{signature}");
        }
        let stranger = keys(&new_secret().unwrap()).unwrap();
        assert_eq!(envelope(SIGNATURE, BODY).check(&stranger, at(0)), Err(Forgery::Signature));
    }

    #[test]
    fn what_is_older_than_five_minutes_or_from_the_future_is_stale() {
        let key = keys(SECRET).unwrap();
        for (seconds, good) in [(300, true), (301, false), (-300, true), (-301, false)] {
            let checked = envelope(SIGNATURE, BODY).check(&key, at(seconds));
            assert_eq!(checked, if good { Ok(()) } else { Err(Forgery::Stale) }, "{seconds}");
        }
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_refused() {
        for (bad, why) in [
            ("", BadSecret::Number),
            ("b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=", BadSecret::Prefix),
            ("whsec_%%%", BadSecret::Base64),
            ("whsec_c2hvcnQ=", BadSecret::TooShort),
        ] {
            assert_eq!(keys(bad).err(), Some(why), "{bad}");
        }
        assert_ne!(new_secret(), new_secret());
    }
}
