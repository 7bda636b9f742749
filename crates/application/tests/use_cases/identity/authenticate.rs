use std::sync::Arc;

use offers_application::identity::{Authenticate, AuthenticateError, Caller, WitnessedSessions};
use offers_domain::ports::mocks::MockAccessTokens;
use offers_domain::ports::{AccessClaims, Clock, SessionCache, StoreError, TokenError};
use offers_domain::session::Session;
use offers_domain::user::Role;
use offers_local::LocalSessionCache;
use offers_testkit::builders::NOON;
use time::Duration;

use super::{SESSION, ended, session, session_cache};
use crate::queries::MockQueries;
use crate::stage::{ANNA, BEN, Stage};

const REFUSED: Result<Caller, AuthenticateError> = Err(AuthenticateError::InvalidToken);

/// Knows one good token, of Anna's session.
fn tokens() -> MockAccessTokens {
    let mut tokens = MockAccessTokens::new();
    tokens.expect_verify().returning(|token, now| match token {
        "good" => Ok(AccessClaims {
            user: ANNA,
            session: SESSION,
            role: Role::Customer,
            issued_at: now,
            expires_at: now + Duration::minutes(10),
        }),
        _ => Err(TokenError::Expired),
    });
    tokens
}

/// Authenticates Anna's token of this session, as the cache and the store know it.
async fn authenticate(
    stage: &Stage,
    cached: Option<Session>,
    stored: Result<Option<Session>, StoreError>,
) -> Result<Caller, AuthenticateError> {
    let mut queries = MockQueries::new();
    let log = stage.log.clone();
    queries.expect_session().returning(move |_| {
        log.add("read");
        stored.clone()
    });
    let use_case = Authenticate {
        tokens: Arc::new(tokens()),
        sessions: session_cache(&stage.log, cached),
        queries: Arc::new(queries),
        fallback: stage.fallback(),
        clock: stage.clock.clone(),
    };
    assert_eq!(use_case.run("bad").await, REFUSED);
    use_case.run("good").await
}

#[tokio::test]
async fn a_live_session_in_the_cache_is_enough() {
    let stage = Stage::new();
    let caller = Caller { user: ANNA, role: Role::Customer, session: SESSION };
    assert_eq!(authenticate(&stage, Some(session()), Ok(None)).await, Ok(caller));
    assert!(stage.log.entries().is_empty(), "the store is not read, for a bad token neither");
}

#[tokio::test]
async fn a_miss_reads_the_store_and_keeps_what_it_says() {
    for (stored, kept) in [(session(), "put live"), (ended(NOON), "put revoked 12:00:00.0")] {
        let stage = Stage::new();
        let outcome = authenticate(&stage, None, Ok(Some(stored))).await;
        assert_eq!(outcome.is_ok(), stored.is_live(NOON));
        assert_eq!(stage.log.entries(), ["read", kept]);
    }
}

#[tokio::test]
async fn a_session_that_is_over_or_somebody_elses_is_refused_wherever_it_is_found() {
    let expired = Session { expires_at: NOON, ..session() };
    let foreign = Session { user: BEN, ..session() };
    for found in [ended(NOON), expired, foreign] {
        assert_eq!(authenticate(&Stage::new(), Some(found), Ok(Some(session()))).await, REFUSED);
        assert_eq!(authenticate(&Stage::new(), None, Ok(Some(found))).await, REFUSED);
    }
}

#[tokio::test]
async fn a_session_that_nobody_knows_is_refused() {
    assert_eq!(authenticate(&Stage::new(), None, Ok(None)).await, REFUSED);
}

#[tokio::test]
async fn a_store_that_cannot_say_is_not_an_answer() {
    let down = StoreError::Unavailable("down".into());
    let outcome = authenticate(&Stage::new(), None, Err(down.clone())).await;
    assert_eq!(outcome, Err(AuthenticateError::Store(down)));
}

#[tokio::test]
async fn while_the_store_is_away_only_a_session_that_was_seen_alive_is_believed() {
    let down = StoreError::Unavailable("down".into());
    let caller = Caller { user: ANNA, role: Role::Customer, session: SESSION };
    for (seen, expected) in [
        (&[session()][..], Ok(caller)),
        (&[session(), ended(NOON)], REFUSED),
        (&[ended(NOON), session()], REFUSED),
        (&[], Err(AuthenticateError::Store(down.clone()))),
    ] {
        let (stage, error) = (Stage::new(), down.clone());
        let (clock, fallback): (Arc<dyn Clock>, _) = (stage.clock.clone(), stage.fallback());
        let cache = Arc::new(LocalSessionCache::new(10, Duration::SECOND, clock));
        let sessions = Arc::new(WitnessedSessions { cache, last_known: fallback.last_known.clone() });
        for session in seen {
            sessions.put(*session).await;
        }
        stage.clock.advance(Duration::minutes(1));
        let mut queries = MockQueries::new();
        queries.expect_session().returning(move |_| Err(error.clone()));
        let (tokens, queries, clock) = (Arc::new(tokens()), Arc::new(queries), stage.clock.clone());
        let use_case = Authenticate { tokens, sessions, queries, fallback, clock };
        assert_eq!(use_case.run("good").await, expected, "{seen:?}");
    }
}
