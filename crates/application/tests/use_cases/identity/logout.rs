use offers_application::identity::{Caller, Logout};
use offers_domain::ids::UserId;
use offers_domain::ports::PresentedToken;
use offers_domain::user::Role;
use offers_testkit::builders::NOON;
use time::Duration;

use super::{PRESENTED, SESSION, ended, presented, refresh_tokens, session, session_cache};
use crate::stage::{ANNA, BEN, Stage};

fn caller(user: UserId) -> Caller {
    Caller { user, role: Role::Customer, session: SESSION }
}

/// What a logout does that ends a session: whoever goes away in between leaves a cache that refuses it.
fn revoked_at(time: &str) -> Vec<String> {
    ["begin", "rollback", &format!("put revoked {time}"), "begin", "revoke", "commit"]
        .map(str::to_owned)
        .into()
}

/// Logs out with a token that the store knows as `found`; what happened then is in the stage's log.
async fn logout(found: Option<PresentedToken>, caller: Option<&Caller>) -> Vec<String> {
    let stage = Stage::new();
    stage.clock.advance(Duration::HOUR);
    let mut unit = stage.unit();
    unit.expect_lock_refresh_token().withf(|hash| *hash == PRESENTED).return_once(move |_| Ok(found));
    let mut second = stage.unit();
    let log = stage.log.clone();
    second.expect_revoke_session().returning(move |session, now| {
        assert_eq!((session, now), (SESSION, NOON + Duration::HOUR));
        log.note("revoke")
    });
    let use_case = Logout {
        store: stage.store_of([unit, second]),
        sessions: session_cache(&stage.log, None),
        refresh: refresh_tokens(),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
    };
    assert_eq!(use_case.run("refresh", caller).await, Ok(()), "always succeeds");
    stage.log.entries()
}

#[tokio::test]
async fn a_logout_ends_the_session_and_the_cache_learns_it_before_the_store() {
    for by in [None, Some(&caller(ANNA))] {
        let log = logout(Some(presented(session(), None)), by).await;
        assert_eq!(log, revoked_at("13:00:00.0"));
    }
}

#[tokio::test]
async fn a_second_logout_leaves_the_first_end() {
    let log = logout(Some(presented(ended(NOON), None)), None).await;
    assert_eq!(log, revoked_at("12:00:00.0"));
}

#[tokio::test]
async fn an_unknown_token_changes_nothing() {
    assert_eq!(logout(None, None).await, ["begin", "rollback"]);
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session() {
    assert_eq!(logout(Some(presented(session(), None)), Some(&caller(BEN))).await, ["begin", "rollback"]);
}
