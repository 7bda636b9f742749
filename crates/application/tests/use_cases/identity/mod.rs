//! Logging in and out, keeping a session alive, knowing a caller.

mod authenticate;
mod login;
mod logout;
mod refresh;

use std::sync::Arc;

use offers_application::identity::TokenIssuer;
use offers_domain::ids::SessionId;
use offers_domain::ports::mocks::{MockAccessTokens, MockRefreshTokens, MockSessionCache};
use offers_domain::ports::{Locked, PresentedToken};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::user::{Locale, Role, User};
use offers_testkit::builders::NOON;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::stage::{ANNA, Log};

const SESSION: SessionId = SessionId(Uuid::from_u128(50));
/// Of the token that a client presents.
const PRESENTED: RefreshHash = RefreshHash([1; 32]);
/// Of the token that is issued next.
const ISSUED: RefreshHash = RefreshHash([2; 32]);

fn anna() -> User {
    User {
        id: ANNA,
        username: "anna".into(),
        email: "anna@example.com".into(),
        phone: None,
        role: Role::Customer,
        locale: Locale::En,
        is_active: true,
        joined_at: NOON,
    }
}

fn locked_out() -> User {
    User { is_active: false, ..anna() }
}

/// Anna's login of noon.
fn session() -> Session {
    Session::begin(SESSION, ANNA, &SessionPolicy::default(), NOON)
}

fn ended(at: OffsetDateTime) -> Session {
    Session { revoked_at: Some(at), ..session() }
}

fn presented(session: Session, used_at: Option<OffsetDateTime>) -> PresentedToken {
    let expires_at = NOON + Duration::days(7);
    let token = RefreshToken { hash: PRESENTED, session: session.id, expires_at, used_at };
    PresentedToken { session: Locked::by_store(session), token: Locked::by_store(token) }
}

fn refresh_tokens() -> Arc<MockRefreshTokens> {
    let mut tokens = MockRefreshTokens::new();
    tokens.expect_generate().returning(|| Ok(("refresh".into(), ISSUED)));
    tokens.expect_hash().return_const(PRESENTED);
    Arc::new(tokens)
}

/// Signs access tokens that tell whose they are and how long they last: `user 1 customer 600s`.
fn issuer() -> TokenIssuer {
    let mut access = MockAccessTokens::new();
    access.expect_issue().returning(|claims| {
        let seconds = (claims.expires_at - claims.issued_at).whole_seconds();
        Ok(format!("user {} {} {seconds}s", claims.user, claims.role))
    });
    TokenIssuer { access: Arc::new(access), refresh: refresh_tokens(), policy: SessionPolicy::default() }
}

/// A cache that holds `cached` and writes what it is given into the log: `put live` or `put revoked`.
fn session_cache(log: &Log, cached: Option<Session>) -> Arc<MockSessionCache> {
    let mut cache = MockSessionCache::new();
    cache.expect_get().return_const(cached);
    let log = log.clone();
    cache.expect_put().returning(move |session| {
        log.add(session.revoked_at.map_or("put live".to_owned(), |at| format!("put revoked {}", at.time())));
    });
    Arc::new(cache)
}
