use std::sync::Arc;

use offers_application::identity::{Login, LoginError, TokenPair};
use offers_domain::ports::mocks::{MockPasswords, MockUnitOfWork};
use offers_domain::ports::{Credentials, PasswordError, Store, Verification};
use offers_domain::user::User;
use offers_testkit::builders::NOON;
use time::Duration;

use super::{ISSUED, anna, issuer, locked_out};
use crate::queries::MockQueries;
use crate::stage::{ANNA, Stage, unit};

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
        store,
        queries: Arc::new(queries),
        passwords: Arc::new(passwords),
        tokens: issuer(),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
    }
}

/// A unit into which a session of Anna's may be written.
fn session_unit(stage: &Stage) -> MockUnitOfWork {
    let mut unit = unit(&stage.log);
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
    login.run("anna", "password123".into()).await
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let stage = Stage::new();
    let store = stage.store_of([session_unit(&stage)]);
    let pair = run(login(&stage, Some(anna()), Ok(RIGHT), store)).await.unwrap();
    assert_eq!((pair.access.as_str(), pair.refresh.as_str()), ("user 1 customer 600s", "refresh"));
    assert_eq!(pair.expires_in, 600);
    assert_eq!(stage.log.entries(), ["verify stored", "begin", "insert_session", "commit"]);
}

#[tokio::test]
async fn an_unknown_user_costs_a_check_like_everybody() {
    let stage = Stage::new();
    let outcome = run(login(&stage, None, Ok(WRONG), stage.no_store())).await;
    assert_eq!(outcome, Err(LoginError::InvalidCredentials));
    assert_eq!(stage.log.entries(), ["verify nothing"]);
}

#[tokio::test]
async fn a_wrong_password_and_a_locked_user_get_the_same_answer() {
    for (user, verification) in
        [(anna(), WRONG), (anna(), OLD_AND_WRONG), (locked_out(), RIGHT), (locked_out(), OLD)]
    {
        let stage = Stage::new();
        let outcome = run(login(&stage, Some(user), Ok(verification), stage.no_store())).await;
        assert_eq!(outcome, Err(LoginError::InvalidCredentials));
        assert_eq!(stage.log.entries(), ["verify stored"], "nothing is hashed or written");
    }
}

#[tokio::test]
async fn an_outdated_hash_is_replaced_once_the_password_is_known_to_be_right() {
    let stage = Stage::new();
    let mut rehash = stage.unit();
    let log = stage.log.clone();
    rehash.expect_set_password_hash().returning(move |user, hash, _| {
        assert_eq!(user, ANNA);
        log.note(format!("set_password_hash {hash}"))
    });
    let store = stage.store_of([rehash, session_unit(&stage)]);
    assert!(run(login(&stage, Some(anna()), Ok(OLD), store)).await.is_ok());
    let expected = ["verify stored", "hash", "begin", "set_password_hash new", "commit"];
    assert_eq!(stage.log.entries()[..5], expected);
    assert_eq!(stage.log.count("insert_session"), 1);
}

#[tokio::test]
async fn too_many_logins_at_once_are_turned_away() {
    let stage = Stage::new();
    let outcome = run(login(&stage, Some(anna()), Err(PasswordError::Overloaded), stage.no_store())).await;
    assert_eq!(outcome, Err(LoginError::Password(PasswordError::Overloaded)));
}
