use std::sync::Arc;

use offers_application::identity::{Login, LoginError, Origin, TokenPair};
use offers_domain::audit::{Actor, Pseudonym, Subject};
use offers_domain::ports::mocks::{MockPasswords, MockUnitOfWork};
use offers_domain::ports::{Credentials, PasswordError, Store, Verification};
use offers_domain::session::Session;
use offers_domain::user::User;
use offers_testkit::builders::NOON;
use time::Duration;

use super::{
    ISSUED, anna, anna_unit, another, credentials, issuer, locked_out, no_tries, revocation, session, tries,
};
use crate::queries::MockQueries;
use crate::stage::{ANNA, Stage, unit_without_audit};

const RIGHT: Verification = Verification { matches: true, outdated: false };
const WRONG: Verification = Verification { matches: false, outdated: false };
const OLD: Verification = Verification { matches: true, outdated: true };
const OLD_AND_WRONG: Verification = Verification { matches: false, outdated: true };

/// The login of `known`, whose password check finds `verification`. Checks and hashes go into the log.
fn login(
    stage: &Stage,
    known: Option<User>,
    verification: Result<Verification, PasswordError>,
    store: Arc<dyn Store>,
) -> Login {
    let mut queries = MockQueries::new();
    queries.expect_credentials().returning(move |_| {
        Ok(known.clone().map(|user| Credentials { user, password_hash: "stored".into() }))
    });
    let mut passwords = MockPasswords::new();
    let [verified, hashed] = std::array::from_fn(|_| stage.log.clone());
    passwords.expect_verify().returning(move |_, hash| {
        verified.add(format!("verify {}", hash.as_deref().unwrap_or("nothing")));
        verification
    });
    passwords.expect_hash().returning(move |_| {
        hashed.add("hash");
        Ok("new".into())
    });
    Login {
        revocation: revocation(stage, store, &anna(), &[]),
        queries: Arc::new(queries),
        passwords: Arc::new(passwords),
        tries: tries(&stage.log),
        tokens: issuer(),
        clock: stage.clock.clone(),
        floor: std::time::Duration::ZERO,
    }
}

/// A unit into which a session of Anna's may be written, beside those that she has.
fn session_unit(stage: &Stage, current: &User, live: &[Session]) -> MockUnitOfWork {
    let mut unit = anna_unit(stage, credentials(current), live);
    let log = stage.log.clone();
    unit.expect_insert_session().returning(move |session, token| {
        assert_eq!((session.user, session.revoked_at), (ANNA, None));
        assert_eq!((token.session, token.hash, token.used_at), (session.id, ISSUED, None));
        assert_eq!(token.expires_at, NOON + Duration::days(7));
        log.note("insert_session")
    });
    unit
}

async fn run(login: Login) -> Result<TokenPair, LoginError> {
    login.run("anna", "correct horse".into(), &Origin::default()).await
}

/// A unit in which nothing but the trail is written.
fn trace(stage: &Stage, subject: Subject) -> MockUnitOfWork {
    let mut unit = unit_without_audit(&stage.log);
    let log = stage.log.clone();
    unit.expect_record_audit().returning(move |entries| {
        assert_eq!((entries[0].actor, entries[0].subject), (Actor::Anonymous, subject));
        log.note(format!("audit {}", entries[0].action))
    });
    unit
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let stage = Stage::new();
    let store = stage.store_of([session_unit(&stage, &anna(), &[session()])]);
    let pair = run(login(&stage, Some(anna()), Ok(RIGHT), store)).await.unwrap();
    assert_eq!((pair.access.as_str(), pair.refresh.as_str()), ("user 1 customer 600s", "refresh"));
    assert_eq!(pair.expires_in, 600);
    assert_eq!(
        stage.log.entries(),
        [
            "verify stored",
            "begin",
            "insert_session",
            "revoke ",
            "audit login_succeeded",
            "commit",
            "succeeded"
        ]
    );
}

#[tokio::test]
async fn an_unknown_user_costs_a_check_and_leaves_a_trace_like_everybody() {
    let stage = Stage::new();
    let store = stage.store_of([trace(&stage, Subject::Username(Pseudonym(7)))]);
    let outcome = run(login(&stage, None, Ok(WRONG), store)).await;
    assert_eq!(outcome, Err(LoginError::InvalidCredentials));
    assert_eq!(stage.log.entries(), ["verify nothing", "begin", "audit login_failed", "commit"]);
}

#[tokio::test]
async fn a_wrong_password_and_a_locked_user_get_the_same_answer() {
    for (user, verification) in
        [(anna(), WRONG), (anna(), OLD_AND_WRONG), (locked_out(), RIGHT), (locked_out(), OLD)]
    {
        let stage = Stage::new();
        let store = stage.store_of([trace(&stage, Subject::User(ANNA))]);
        let outcome = run(login(&stage, Some(user), Ok(verification), store)).await;
        assert_eq!(outcome, Err(LoginError::InvalidCredentials));
        assert_eq!(stage.log.entries(), ["verify stored", "begin", "audit login_failed", "commit"]);
    }
}

#[tokio::test]
async fn whoever_was_locked_out_while_the_password_was_checked_is_refused() {
    let stage = Stage::new();
    let [first, second] = [(); 2].map(|()| session_unit(&stage, &locked_out(), &[]));
    let store = stage.store_of([first, second, trace(&stage, Subject::User(ANNA))]);
    let outcome = run(login(&stage, Some(anna()), Ok(RIGHT), store)).await;
    assert_eq!(outcome, Err(LoginError::InvalidCredentials));
    assert_eq!(stage.log.count("insert_session"), 0);
    assert_eq!(stage.log.count("audit login_failed"), 1);
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_once_the_password_is_known_to_be_right() {
    let stage = Stage::new();
    let store = stage.store_of([session_unit(&stage, &anna(), &[])]);
    assert!(run(login(&stage, Some(anna()), Ok(OLD), store)).await.is_ok());
    let expected = ["verify stored", "hash", "begin", "set_password_hash new", "insert_session"];
    assert_eq!(stage.log.entries()[..5], expected);
}

#[tokio::test]
async fn a_login_beside_another_that_replaces_the_hash_is_let_in_by_the_new_one() {
    let stage = Stage::new();
    let renewed = Credentials { password_hash: "renewed".into(), ..credentials(&anna()) };
    let store = stage.store_of([anna_unit(&stage, renewed, &[]), session_unit(&stage, &anna(), &[])]);
    assert!(run(login(&stage, Some(anna()), Ok(RIGHT), store)).await.is_ok());
    let expected = ["verify stored", "begin", "rollback", "verify stored", "begin", "insert_session"];
    assert_eq!(stage.log.entries()[..6], expected);
}

#[tokio::test]
async fn an_eleventh_login_ends_the_oldest() {
    let stage = Stage::new();
    let live: Vec<_> = (1..=11).map(another).collect();
    let store = stage.store_of([session_unit(&stage, &anna(), &live)]);
    assert!(run(login(&stage, Some(anna()), Ok(RIGHT), store)).await.is_ok());
    let entries = stage.log.entries();
    assert_eq!(
        entries[3..],
        ["revoke 1", "audit login_succeeded", "commit", "put revoked 12:00:00.0", "succeeded"]
    );
}

#[tokio::test]
async fn too_many_logins_at_once_are_turned_away() {
    let stage = Stage::new();
    let outcome = run(login(&stage, Some(anna()), Err(PasswordError::Overloaded), stage.no_store())).await;
    assert_eq!(outcome, Err(LoginError::Password(PasswordError::Overloaded)));
}

#[tokio::test]
async fn a_try_that_must_wait_costs_no_check_and_no_trace() {
    let stage = Stage::new();
    let login = login(&stage, Some(anna()), Ok(RIGHT), stage.no_store());
    let outcome = run(Login { tries: no_tries(), ..login }).await;
    assert_eq!(outcome, Err(LoginError::TooManyTries(Duration::MINUTE)));
    assert!(stage.log.entries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_password_is_answered_to_sooner_than_the_floor() {
    const FLOOR: std::time::Duration = std::time::Duration::from_millis(400);
    for known in [Some(anna()), None] {
        let stage = Stage::new();
        let subject = known.as_ref().map_or(Subject::Username(Pseudonym(7)), |user| Subject::User(user.id));
        let store = stage.store_of([trace(&stage, subject)]);
        let started = tokio::time::Instant::now();
        let login = login(&stage, known, Ok(WRONG), store);
        assert_eq!(run(Login { floor: FLOOR, ..login }).await, Err(LoginError::InvalidCredentials));
        assert_eq!(started.elapsed(), FLOOR);
    }
    let stage = Stage::new();
    let started = tokio::time::Instant::now();
    let login = login(&stage, Some(anna()), Ok(RIGHT), stage.no_store());
    let outcome = run(Login { floor: FLOOR, tries: no_tries(), ..login }).await;
    assert_eq!(
        (outcome.is_err(), started.elapsed().is_zero()),
        (true, true),
        "nobody's password was looked at"
    );
}
