//! What must not be found anywhere.

use std::fmt::Write as _;

pub(super) const PASSWORD: &str = "canary-password-7531";
pub(super) const NEW_PASSWORD: &str = "canary-new-password-7531";
pub(super) const WRONG_PASSWORD: &str = "canary-wrong-password-7531";
pub(super) const ROOT_PASSWORD: &str = "canary-root-password-7531";
pub(super) const SECRET_KEY: &str = "canary-secret-key-of-32-bytes-7531";
pub(super) const SMTP_PASSWORD: &str = "canary-smtp-password-7531";
pub(super) const CALLBACK_SECRET: &str = "whsec_Y2FuYXJ5LWNhbGxiYWNrLXNlY3JldC03NTMx";
pub(super) const FOREIGN_TOKEN: &str = "canary-foreign-token-7531";
pub(super) const IDEMPOTENCY_KEY: &str = "canary-idempotency-key-7531";
pub(super) const QUERY: &str = "canary-query-7531";
pub(super) const EMAIL: &str = "canary.mail.7531@customer.example";
pub(super) const USERNAME: &str = "canary_user_7531";
pub(super) const PHONE: &str = "+15550007531";
pub(super) const SIGN_UP_PASSWORD: &str = "canary-sign-up-password-7531";
pub(super) const SIGN_UP_EMAIL: &str = "canary.sign.up.7531@customer.example";
pub(super) const SMS_TOKEN: &str = "canary-sms-token-7531";
pub(super) const DATABASE_PASSWORD: &str = "canary-database-password-7531";
pub(super) const REDIS_PASSWORD: &str = "canary-redis-password-7531";
/// Receivers are known by addresses that nobody guesses.
pub(super) const HOOK: &str = "canary-hook-7531";

/// What must not be found, with a name that may be printed.
#[derive(Default)]
pub(super) struct Canaries {
    nowhere: Vec<(String, String)>,
    /// What the store holds, and nothing else.
    kept: Vec<(String, String)>,
}

impl Canaries {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        assert!(value.len() >= 12, "{name} is too short to be recognised");
        self.nowhere.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn add_kept(&mut self, name: &str, value: &str) {
        assert!(value.len() >= 12, "{name} is too short to be recognised");
        self.kept.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn secrets() -> Self {
        let mut canaries = Self::default();
        for (name, value) in [
            ("a password", PASSWORD),
            ("a new password", NEW_PASSWORD),
            ("a wrong password", WRONG_PASSWORD),
            ("the superuser's password", ROOT_PASSWORD),
            ("the secret key", SECRET_KEY),
            ("the password of the mail server", SMTP_PASSWORD),
            ("the secret of callbacks", CALLBACK_SECRET),
            ("somebody's token", FOREIGN_TOKEN),
            ("the password of somebody new", SIGN_UP_PASSWORD),
            ("the token of the SMS gateway", SMS_TOKEN),
            ("the password of the database", DATABASE_PASSWORD),
            ("the password of Redis", REDIS_PASSWORD),
        ] {
            canaries.add(name, value);
        }
        canaries
    }

    /// Those that a log must not hold either, though the store does.
    pub(super) fn with_people(mut self) -> Self {
        for (name, value) in [
            ("an idempotency key", IDEMPOTENCY_KEY),
            ("a query", QUERY),
            ("an e-mail address", EMAIL),
            ("a username", USERNAME),
            ("a telephone number", PHONE),
            ("the address of somebody new", SIGN_UP_EMAIL),
            ("the address of a webhook", HOOK),
        ] {
            self.add(name, value);
        }
        self.nowhere.append(&mut self.kept);
        self
    }

    /// Fails where one of them, or its bytes in hexadecimal, stands in a text.
    pub(super) fn assert_absent(&self, place: &str, text: &str) {
        for (name, value) in &self.nowhere {
            let hex = value.bytes().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            let at = text.find(value.as_str()).or_else(|| text.find(&hex));
            let around = at.map(|at| &text[text.floor_char_boundary(at.saturating_sub(200))..at]);
            assert_eq!(around, None, "{name} stands in {place} after this");
        }
    }
}
