//! API keys: what a partner shows to be let in. A key is random bits; only its hash is kept.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use time::OffsetDateTime;

use super::Partner;
use crate::ids::{ApiKeyId, PartnerId};
use crate::text::UnknownSpelling;

string_enum!(
    /// What a key opens.
    KeyScope {
        /// Placing orders.
        Activate => "activate",
        /// Looking at the partner's own orders and account.
        Read => "read",
        /// Looking after the partner's own webhooks.
        Webhooks => "webhooks",
    }
);

string_enum!(
    /// Where a key may be used.
    KeyMode {
        /// Everywhere.
        Live => "live",
        /// Only in deployments that accept test keys, so that a key for trials never moves money where it counts.
        Test => "test",
    }
);

/// How many keys of one mode a partner may have at a time: one in use and its successor.
pub const LIVE_KEYS: usize = 2;

/// What a key opens, altogether; never nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(BTreeSet<KeyScope>);

impl Scopes {
    /// Everything.
    pub fn all() -> Self {
        Self(KeyScope::ALL.iter().copied().collect())
    }

    /// Whether `scope` is among them.
    pub fn contains(&self, scope: KeyScope) -> bool {
        self.0.contains(&scope)
    }
}

impl FromStr for Scopes {
    type Err = UnknownSpelling;

    /// Reads `activate,read` in any order.
    fn from_str(text: &str) -> Result<Self, UnknownSpelling> {
        text.split(',').map(|scope| scope.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Scopes {
    /// The scopes in their order, with commas between them: the spelling in rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.pad(&scopes.join(","))
    }
}

/// SHA-256 of an API key; the key itself is kept nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// A key to be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// Whose it is.
    pub partner: PartnerId,
    /// What is kept of it.
    pub hash: KeyHash,
    /// Its last four characters, by which a person recognises it.
    pub hint: String,
    /// Where it may be used.
    pub mode: KeyMode,
    /// What it opens.
    pub scopes: Scopes,
    /// When it was issued, UTC.
    pub created_at: OffsetDateTime,
    /// When it stops working by itself, UTC.
    pub expires_at: Option<OffsetDateTime>,
}

/// An issued key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Its last four characters.
    pub hint: String,
    /// Where it may be used.
    pub mode: KeyMode,
    /// What it opens.
    pub scopes: Scopes,
    /// When it was issued, UTC.
    pub created_at: OffsetDateTime,
    /// When it stops working by itself, UTC.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was taken back, UTC.
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was last seen, UTC, to the minute or so.
    pub last_used_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// Whether it works at `now`.
    pub fn is_live(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// The partner has as many keys as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the partner has two {0} keys that work; revoke one first")]
pub struct TooManyKeys(pub KeyMode);

/// Whether a partner with these keys may get another one.
pub fn check_room(keys: &[ApiKey], mode: KeyMode, now: OffsetDateTime) -> Result<(), TooManyKeys> {
    let live = keys.iter().filter(|key| key.mode == mode && key.is_live(now)).count();
    if live < LIVE_KEYS { Ok(()) } else { Err(TooManyKeys(mode)) }
}

/// Why a key does not open what it was shown for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRefusal {
    /// It has ended, or its partner is stopped. Clients are not told which.
    #[error("the API key is not valid")]
    Invalid,
    /// It is good for other things.
    #[error("the API key lacks the scope {0}")]
    OutOfScope(KeyScope),
}

/// A key with its partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// The key.
    pub key: ApiKey,
    /// Whose it is.
    pub partner: Partner,
}

impl KeyHolder {
    /// Whether the key opens `scope` at `now`.
    pub fn admit(&self, scope: KeyScope, now: OffsetDateTime) -> Result<(), KeyRefusal> {
        if !self.partner.terms.is_active || !self.key.is_live(now) {
            return Err(KeyRefusal::Invalid);
        }
        if self.key.scopes.contains(scope) { Ok(()) } else { Err(KeyRefusal::OutOfScope(scope)) }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::partner_channel::discount::Discount;
    use crate::partner_channel::{Funding, PartnerTerms};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn key(mode: KeyMode) -> ApiKey {
        ApiKey {
            id: ApiKeyId(1),
            partner: PartnerId(1),
            hint: "wxyz".into(),
            mode,
            scopes: Scopes::all(),
            created_at: NOW,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    fn holder(key: ApiKey, is_active: bool) -> KeyHolder {
        let terms = PartnerTerms {
            funding: Funding::Partner,
            discount: Discount::NONE,
            requests_per_minute: None,
            is_active,
        };
        let partner = Partner { id: PartnerId(1), name: "Kiosk".into(), terms, created_at: NOW };
        KeyHolder { key, partner }
    }

    #[test]
    fn a_key_ends_at_its_expiry_or_when_it_is_revoked() {
        assert!(key(KeyMode::Live).is_live(NOW));
        let expiring = ApiKey { expires_at: Some(NOW), ..key(KeyMode::Live) };
        assert!(expiring.is_live(NOW - Duration::SECOND) && !expiring.is_live(NOW));
        let revoked = ApiKey { revoked_at: Some(NOW), ..key(KeyMode::Live) };
        assert!(!revoked.is_live(NOW));
    }

    #[test]
    fn a_partner_has_two_keys_of_a_mode_at_a_time() {
        let ended = ApiKey { revoked_at: Some(NOW), ..key(KeyMode::Live) };
        let keys = [key(KeyMode::Live), ended.clone(), key(KeyMode::Test)];
        assert_eq!(check_room(&keys, KeyMode::Live, NOW), Ok(()));
        let keys = [key(KeyMode::Live), ended, key(KeyMode::Live)];
        assert_eq!(check_room(&keys, KeyMode::Live, NOW), Err(TooManyKeys(KeyMode::Live)));
        assert_eq!(check_room(&keys, KeyMode::Test, NOW), Ok(()));
    }

    #[test]
    fn a_key_opens_its_scopes_while_it_works_and_its_partner_is_active() {
        let reader = ApiKey { scopes: "read".parse().unwrap(), ..key(KeyMode::Live) };
        let admitted = |holder: &KeyHolder| holder.admit(KeyScope::Activate, NOW);
        assert_eq!(admitted(&holder(key(KeyMode::Live), true)), Ok(()));
        assert_eq!(admitted(&holder(key(KeyMode::Live), false)), Err(KeyRefusal::Invalid));
        let out_of_scope = Err(KeyRefusal::OutOfScope(KeyScope::Activate));
        assert_eq!(admitted(&holder(reader.clone(), true)), out_of_scope);
        let ended = ApiKey { revoked_at: Some(NOW), ..reader };
        assert_eq!(admitted(&holder(ended, true)), Err(KeyRefusal::Invalid), "an ended key says no more");
    }

    #[test]
    fn scopes_are_spelled_in_one_order_and_never_empty() {
        assert_eq!("read, activate".parse::<Scopes>().unwrap().to_string(), "activate,read");
        for bad in ["", "write", "read,", ","] {
            assert!(bad.parse::<Scopes>().is_err(), "{bad}");
        }
    }
}
