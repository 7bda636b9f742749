use std::sync::Arc;

use offers_application::identity::{ChangePassword, ChangePasswordError, Origin};
use offers_domain::password::PasswordRefusal;
use offers_domain::ports::mocks::MockPasswords;
use offers_domain::ports::{Credentials, Store, Verification};
use offers_domain::session::Session;
use time::Duration;

use super::{anna, anna_unit, another, caller, credentials, no_tries, revocation, session, tries};
use crate::stage::Stage;

/// Changes Anna's password, which is `right`, to `new`; she has these sessions.
async fn change(
    stage: &Stage,
    store: Arc<dyn Store>,
    live: &[Session],
    [current, new]: [&str; 2],
) -> Result<(), ChangePasswordError> {
    let mut passwords = MockPasswords::new();
    passwords
        .expect_verify()
        .returning(|password, _| Ok(Verification { matches: password == "right", outdated: false }));
    passwords.expect_hash().returning(|_| Ok("new".into()));
    let use_case = ChangePassword {
        revocation: revocation(stage, store, &anna(), live),
        passwords: Arc::new(passwords),
        tries: tries(&stage.log),
        clock: stage.clock.clone(),
    };
    use_case.run(&caller(), current.into(), new, &Origin::default()).await
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_in_the_caches_first() {
    let stage = Stage::new();
    let live = [session(), another(1), another(2)];
    let store = stage.store_of([anna_unit(&stage, credentials(&anna()), &live)]);
    assert_eq!(change(&stage, store, &live, ["right", "correct horse"]).await, Ok(()));
    let put = "put revoked 12:00:00.0";
    let unit = ["begin", "set_password_hash new", "revoke 1,2", "audit password_changed", "commit"];
    assert_eq!(stage.log.entries(), [&["succeeded", put, put][..], &unit, &[put; 2]].concat());
}

#[tokio::test]
async fn without_the_current_password_nothing_changes_and_the_guess_leaves_a_trace() {
    let stage = Stage::new();
    let store = stage.store_of([stage.unit()]);
    let outcome = change(&stage, store, &[session()], ["wrong", "correct horse"]).await;
    assert_eq!(outcome, Err(ChangePasswordError::WrongPassword));
    assert_eq!(stage.log.entries(), ["begin", "audit password_refused", "commit"]);
}

#[tokio::test]
async fn whoever_guesses_too_often_waits_and_leaves_no_more_traces() {
    let stage = Stage::new();
    let use_case = ChangePassword {
        revocation: revocation(&stage, stage.no_store(), &anna(), &[session()]),
        passwords: Arc::new(MockPasswords::new()),
        tries: no_tries(),
        clock: stage.clock.clone(),
    };
    let outcome = use_case.run(&caller(), "guess".into(), "correct horse", &Origin::default()).await;
    assert_eq!(outcome, Err(ChangePasswordError::TooManyTries(Duration::MINUTE)));
    assert!(stage.log.entries().is_empty());
}

#[tokio::test]
async fn a_password_that_was_changed_in_the_meantime_is_not_the_current_one() {
    let stage = Stage::new();
    let changed = Credentials { password_hash: "another".into(), ..credentials(&anna()) };
    let store = stage.store_of([anna_unit(&stage, changed, &[session()])]);
    let outcome = change(&stage, store, &[], ["right", "correct horse"]).await;
    assert_eq!(outcome, Err(ChangePasswordError::WrongPassword));
    assert_eq!(stage.log.entries(), ["succeeded", "begin", "rollback"]);
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_refused() {
    for (new, refusal) in [
        ("short", PasswordRefusal::Length),
        ("Password1!", PasswordRefusal::Common),
        ("anna-2026", PasswordRefusal::Personal),
    ] {
        let stage = Stage::new();
        let outcome = change(&stage, stage.no_store(), &[], ["right", new]).await;
        assert_eq!(outcome, Err(ChangePasswordError::Refused(refusal)));
    }
}
