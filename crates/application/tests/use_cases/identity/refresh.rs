use offers_application::identity::{Refresh, RefreshError, TokenPair};
use offers_domain::ports::PresentedToken;
use offers_domain::session::Session;
use offers_domain::user::User;
use offers_testkit::builders::NOON;
use time::Duration;

use super::{ISSUED, PRESENTED, SESSION, anna, ended, issuer, locked_out, presented, session, session_cache};
use crate::stage::Stage;

/// Presents a token that the store knows as `found`, as `user`.
async fn refresh(
    stage: &Stage,
    found: Option<PresentedToken>,
    user: User,
) -> Result<TokenPair, RefreshError> {
    let mut unit = stage.unit();
    unit.expect_lock_refresh_token().withf(|hash| *hash == PRESENTED).return_once(move |_| Ok(found));
    let [rotated, revoked] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_rotate_refresh_token().returning(move |used, successor, _| {
        assert_eq!((used, successor.hash, successor.session), (PRESENTED, ISSUED, SESSION));
        rotated.note(format!("rotate until {}", successor.expires_at.date()))
    });
    let mut second = stage.unit();
    second.expect_revoke_session().returning(move |session, _| {
        assert_eq!(session, SESSION);
        revoked.note("revoke")
    });
    unit.expect_find_users().return_once(move |_| Ok(vec![user]));
    let use_case = Refresh {
        store: stage.store_of([unit, second]),
        sessions: session_cache(&stage.log, None),
        tokens: issuer(),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
    };
    use_case.run("refresh").await
}

#[tokio::test]
async fn a_good_token_is_used_up_and_traded_for_the_next_pair() {
    let stage = Stage::new();
    stage.clock.advance(Duration::days(1));
    let pair = refresh(&stage, Some(presented(session(), None)), anna()).await.unwrap();
    assert_eq!((pair.access.as_str(), pair.refresh.as_str()), ("user 1 customer 600s", "refresh"));
    assert_eq!(stage.log.entries(), ["begin", "rotate until 2026-03-11", "commit"]);
}

#[tokio::test]
async fn no_token_outlives_its_session() {
    let stage = Stage::new();
    let last_minutes = Session { expires_at: NOON + Duration::minutes(5), ..session() };
    let pair = refresh(&stage, Some(presented(last_minutes, None)), anna()).await.unwrap();
    assert_eq!((pair.access.as_str(), pair.expires_in), ("user 1 customer 300s", 300));
    assert_eq!(stage.log.count("rotate until 2026-03-03"), 1);
}

#[tokio::test]
async fn a_token_used_twice_ends_the_session_and_the_cache_learns_it() {
    let stage = Stage::new();
    let outcome = refresh(&stage, Some(presented(session(), Some(NOON))), anna()).await;
    assert_eq!(outcome, Err(RefreshError::InvalidToken));
    assert_eq!(
        stage.log.entries(),
        ["begin", "rollback", "put revoked 12:00:00.0", "begin", "revoke", "commit"]
    );
}

#[tokio::test]
async fn a_token_that_is_not_good_changes_nothing() {
    for (what, days, found, user) in [
        ("unknown", 0, None, anna()),
        ("too old", 7, Some(presented(session(), None)), anna()),
        ("of an ended session", 0, Some(presented(ended(NOON), None)), anna()),
        ("used, of an ended session", 0, Some(presented(ended(NOON), Some(NOON))), anna()),
        ("of a locked user", 0, Some(presented(session(), None)), locked_out()),
    ] {
        let stage = Stage::new();
        stage.clock.advance(Duration::days(days));
        assert_eq!(refresh(&stage, found, user).await, Err(RefreshError::InvalidToken), "{what}");
        assert_eq!(stage.log.entries(), ["begin", "rollback"], "{what}");
    }
}
