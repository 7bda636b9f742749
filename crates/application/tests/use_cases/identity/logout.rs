use offers_application::identity::{Caller, Logout, Origin};
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{Locked, PresentedToken};
use offers_domain::session::Session;
use offers_domain::user::Role;
use offers_testkit::builders::NOON;
use time::Duration;
use uuid::Uuid;

use super::{PRESENTED, SESSION, anna, ended, presented, refresh_tokens, revocation, session};
use crate::stage::{ANNA, BEN, Stage};

/// Ben's login, which is not what Anna's caller may end.
fn of_ben() -> Session {
    Session { id: SessionId(Uuid::from_u128(51)), user: BEN, ..session() }
}

fn caller(user: UserId) -> Caller {
    Caller { user, role: Role::Customer, session: SESSION }
}

/// Logs out with a token that the store knows as `found`; what happened then is in the stage's log.
async fn logout(found: Option<PresentedToken>, caller: Option<&Caller>) -> Vec<String> {
    logout_while(found, caller, &[session()]).await
}

/// The same, while these sessions of Anna's live in the store.
async fn logout_while(
    found: Option<PresentedToken>,
    caller: Option<&Caller>,
    live: &[Session],
) -> Vec<String> {
    let stage = Stage::new();
    stage.clock.advance(Duration::HOUR);
    let mut unit = stage.unit();
    unit.expect_lock_refresh_token().withf(|hash| *hash == PRESENTED).return_once(move |_| Ok(found));
    let mut second = stage.unit();
    let live = live.to_vec();
    second
        .expect_lock_live_sessions()
        .returning(move |_, _| Ok(live.iter().map(|session| Locked::by_store(*session)).collect()));
    let log = stage.log.clone();
    second.expect_revoke_sessions().returning(move |sessions, now| {
        assert_eq!((sessions, now), ([SESSION].as_slice(), NOON + Duration::HOUR));
        log.note("revoke")
    });
    let use_case = Logout {
        revocation: revocation(&stage, stage.store_of([unit, second]), &anna(), &[session()]),
        refresh: refresh_tokens(),
        clock: stage.clock.clone(),
    };
    assert_eq!(use_case.run("refresh", caller, &Origin::default()).await, Ok(()), "always succeeds");
    stage.log.entries()
}

#[tokio::test]
async fn a_logout_ends_the_session_and_the_cache_learns_it_before_the_store() {
    for by in [None, Some(&caller(ANNA))] {
        let log = logout(Some(presented(session(), None)), by).await;
        let expected =
            ["begin", "rollback", "put revoked 13:00:00.0", "begin", "revoke", "audit logged_out", "commit"];
        assert_eq!(log, expected, "whoever goes away in between leaves a cache that refuses the session");
    }
}

#[tokio::test]
async fn of_two_logouts_at_once_one_leaves_a_trace() {
    let log = logout_while(Some(presented(session(), None)), None, &[]).await;
    assert_eq!(log, ["begin", "rollback", "put revoked 13:00:00.0", "begin", "rollback"]);
}

#[tokio::test]
async fn a_second_logout_leaves_the_first_end() {
    let log = logout(Some(presented(ended(NOON), None)), None).await;
    assert_eq!(log, ["begin", "rollback", "put revoked 12:00:00.0"]);
}

#[tokio::test]
async fn a_strangers_unknown_token_changes_nothing() {
    assert_eq!(logout(None, None).await, ["begin", "rollback"]);
}

#[tokio::test]
async fn whoever_logs_out_with_a_token_that_is_not_theirs_is_logged_out_and_nobody_else() {
    for found in [None, Some(presented(of_ben(), None))] {
        let log = logout(found, Some(&caller(ANNA))).await;
        let expected =
            ["begin", "rollback", "put revoked 13:00:00.0", "begin", "revoke", "audit logged_out", "commit"];
        assert_eq!(log, expected);
    }
}
