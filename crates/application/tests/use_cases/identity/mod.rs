//! Logging in and out, keeping a session alive, knowing a caller.

mod authenticate;
mod change_password;
mod end_sessions;
mod login;
mod logout;
mod manage_access;
mod refresh;
mod reset_password;

use std::sync::Arc;

use offers_application::identity::{Caller, Revocation, TokenIssuer, Tries};
use offers_domain::audit::Pseudonym;
use offers_domain::ids::SessionId;
use offers_domain::login_tries::Network;
use offers_domain::ports::mocks::{
    MockAccessTokens, MockLoginTries, MockPseudonyms, MockRefreshTokens, MockSessionCache,
};
use offers_domain::ports::{Credentials, Locked, PresentedToken, Store};
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::user::{Locale, Role, User};
use offers_domain::views::SessionView;
use offers_testkit::builders::NOON;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::queries::MockQueries;
use crate::stage::{ANNA, Log, Stage};

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
    let token = RefreshToken { hash: PRESENTED, session: session.id, parent: None, expires_at, used_at };
    PresentedToken {
        session: Locked::by_store(session),
        token: Locked::by_store(token),
        children: Vec::new(),
    }
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

/// Ends sessions in this store; Anna's live sessions, and she herself as `user`, can be read.
fn revocation(stage: &Stage, store: Arc<dyn Store>, user: &User, live: &[Session]) -> Revocation {
    let mut queries = MockQueries::new();
    let views: Vec<_> =
        live.iter().map(|session| SessionView { session: *session, last_used_at: NOON }).collect();
    queries.expect_live_sessions().returning(move |_, _| Ok(views.clone()));
    let sessions = live.to_vec();
    queries
        .expect_session()
        .returning(move |id| Ok(sessions.iter().find(|session| session.id == id).copied()));
    let person = user.clone();
    queries.expect_user().returning(move |id| Ok((id == ANNA).then(|| person.clone())));
    let known = credentials(user);
    queries.expect_credentials().returning(move |_| Ok(Some(known.clone())));
    Revocation {
        store,
        queries: Arc::new(queries),
        cache: session_cache(&stage.log, None),
        ids: stage.ids.clone(),
    }
}

fn credentials(user: &User) -> Credentials {
    Credentials { user: user.clone(), password_hash: "stored".into() }
}

/// A login of Anna's beside [`session`].
fn another(number: u128) -> Session {
    Session { id: SessionId(Uuid::from_u128(number)), ..session() }
}

/// Anna, logged in with [`session`].
fn caller() -> Caller {
    Caller { user: ANNA, role: Role::Customer, session: SESSION }
}

/// A unit in which Anna is `current` and has these live sessions; what it writes is in the log.
fn anna_unit(
    stage: &Stage,
    current: Credentials,
    live: &[Session],
) -> offers_domain::ports::mocks::MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_lock_credentials().returning(move |_| Ok(vec![Locked::by_store(current.clone())]));
    let live = live.to_vec();
    let ids: Vec<_> = live.iter().map(|session| session.id).collect();
    unit.expect_live_sessions()
        .returning(move |asked, _| Ok(asked.iter().copied().filter(|id| ids.contains(id)).collect()));
    unit.expect_lock_live_sessions()
        .returning(move |_, _| Ok(live.iter().map(|session| Locked::by_store(*session)).collect()));
    let log = stage.log.clone();
    unit.expect_revoke_sessions().returning(move |ids, _| {
        let numbers: Vec<_> = ids.iter().map(|id| id.0.as_u128().to_string()).collect();
        log.note(format!("revoke {}", numbers.join(",")))
    });
    let log = stage.log.clone();
    unit.expect_set_password_hash()
        .returning(move |_, hash, _| log.note(format!("set_password_hash {hash}")));
    let log = stage.log.clone();
    unit.expect_set_access()
        .returning(move |_, role, is_active, _| log.note(format!("set_access {role} {is_active}")));
    unit
}

/// Lets every try pass, and writes down which one was the last in a row.
fn tries(log: &Log) -> Tries {
    let mut pseudonyms = MockPseudonyms::new();
    pseudonyms.expect_of().return_const(Pseudonym(7));
    let mut login_tries = MockLoginTries::new();
    login_tries.expect_begin().returning(|login| {
        assert_eq!((login.name, login.network), (Pseudonym(7), Network::of(None)));
        Ok(())
    });
    let log = log.clone();
    login_tries.expect_succeeded().returning(move |_| log.add("succeeded"));
    Tries { pseudonyms: Arc::new(pseudonyms), login_tries: Arc::new(login_tries) }
}

/// Lets no try pass for a minute.
fn no_tries() -> Tries {
    let mut login_tries = MockLoginTries::new();
    login_tries.expect_begin().returning(|_| Err(Duration::MINUTE));
    Tries { login_tries: Arc::new(login_tries), ..tries(&Log::default()) }
}
