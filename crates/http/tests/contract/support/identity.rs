//! Who people are: tokens, passwords and sessions that are easy to recognise.

use offers_domain::audit::Pseudonym;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::mocks::{
    MockAccessTokens, MockOfferCache, MockPasswords, MockPseudonyms, MockRefreshTokens, MockSessionCache,
    MockStatusCache,
};
use offers_domain::ports::{
    AccessClaims, Locked, Measure, Metrics, OfferLookup, PasswordError, PresentedToken, TokenError,
    Verification,
};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::user::{Locale, Role, User};
use offers_testkit::builders::NOON;
use uuid::Uuid;

use super::back_office::{ROOT, STAFF};
use super::store::Scripted;
use super::world::{CALLER, OTHER};

/// Who [`CALLER`] is.
pub(super) fn user() -> User {
    User {
        id: CALLER,
        username: "alice".into(),
        email: "alice@example.com".into(),
        phone: None,
        role: Role::Customer,
        locale: Locale::En,
        is_active: true,
        joined_at: NOON,
    }
}

/// A session's id tells its owner.
pub(crate) fn session(user: UserId) -> Session {
    let id = SessionId(Uuid::from_u128(user.0.unsigned_abs().into()));
    Session::begin(id, user, &SessionPolicy::default(), NOON)
}

/// Whose session it is.
pub(super) fn owner(session: SessionId) -> UserId {
    UserId(i64::try_from(session.0.as_u128()).unwrap())
}

/// The refresh tokens `good-refresh` and `used-refresh` are the caller's.
pub(super) fn presented(hash: RefreshHash) -> Option<PresentedToken> {
    let used_at = match hash.0[0] {
        b'g' => None,
        b'u' => Some(NOON),
        _ => return None,
    };
    let session = session(CALLER);
    let expires_at = session.token_expiry(&SessionPolicy::default(), NOON);
    let token = RefreshToken { hash, session: session.id, parent: None, expires_at, used_at };
    Some(PresentedToken {
        session: Locked::by_store(session),
        token: Locked::by_store(token),
        children: Vec::new(),
    })
}

/// `good-token` is the caller's, `other-token` somebody else's, two are of the back office, and no other token is good.
pub(crate) fn access_tokens() -> MockAccessTokens {
    let mut tokens = MockAccessTokens::new();
    tokens.expect_issue().returning(|claims| Ok(format!("access-of-{}", claims.user)));
    tokens.expect_verify().returning(|token, now| {
        let (user, role) = match token {
            "good-token" => (CALLER, Role::Customer),
            "other-token" => (OTHER, Role::Customer),
            "staff-token" => (STAFF, Role::Staff),
            "root-token" => (ROOT, Role::Superuser),
            _ => return Err(TokenError::Invalid),
        };
        let expires_at = now + time::Duration::minutes(10);
        Ok(AccessClaims { user, session: session(user).id, role, issued_at: now, expires_at })
    });
    tokens
}

pub(crate) fn refresh_tokens() -> MockRefreshTokens {
    let mut tokens = MockRefreshTokens::new();
    tokens.expect_generate().returning(|| Ok(("next-refresh".into(), RefreshHash([b'n'; 32]))));
    tokens.expect_hash().returning(|token| RefreshHash([token.as_bytes()[0]; 32]));
    tokens
}

/// The right password is `right`.
pub(crate) fn passwords(store: Scripted) -> MockPasswords {
    let mut passwords = MockPasswords::new();
    passwords.expect_verify().returning(move |password, hash| {
        if store.world().logins_full {
            return Err(PasswordError::Overloaded);
        }
        Ok(Verification { matches: hash.is_some() && password == "right", outdated: false })
    });
    passwords.expect_hash().returning(|_| Ok("new hash".into()));
    passwords
}

/// A pseudonym tells the length of what it stands for.
pub(crate) fn pseudonyms() -> MockPseudonyms {
    let mut pseudonyms = MockPseudonyms::new();
    pseudonyms.expect_of().returning(|text| Pseudonym(text.len() as u128));
    pseudonyms
}

/// Knows every session.
pub(crate) fn session_cache() -> MockSessionCache {
    let mut cache = MockSessionCache::new();
    cache.expect_get().returning(|id| Some(session(owner(id))));
    cache.expect_put().returning(|_| ());
    cache
}

/// Knows nothing, so that every read reaches the store.
pub(crate) fn status_cache() -> MockStatusCache {
    let mut cache = MockStatusCache::new();
    cache.expect_get().returning(|_| None);
    cache.expect_put().returning(|_, _| ());
    cache
}

/// Remembers no page: every list is read from the catalogue.
pub(crate) fn offer_cache() -> MockOfferCache {
    let mut cache = MockOfferCache::new();
    cache.expect_get().returning(|_| OfferLookup::Missing(None));
    cache.expect_clear().returning(|| ());
    cache
}

/// Counts nothing.
pub(crate) struct NoMetrics;

impl Metrics for NoMetrics {
    fn record(&self, _: Measure) {}
}
