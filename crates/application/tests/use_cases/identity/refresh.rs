use offers_application::identity::{Origin, Refresh, RefreshError, TokenPair};
use offers_domain::ports::{Locked, PresentedToken};
use offers_domain::session::{RefreshHash, RefreshToken, Session};
use offers_domain::user::User;
use offers_testkit::builders::NOON;
use time::Duration;

use super::{ISSUED, PRESENTED, SESSION, anna, ended, issuer, locked_out, presented, revocation, session};
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
        assert_eq!((successor.hash, successor.session, successor.parent), (ISSUED, SESSION, Some(PRESENTED)));
        let what = if used == PRESENTED { "rotate" } else { "replace" };
        rotated.note(format!("{what} until {}", successor.expires_at.date()))
    });
    let mut second = stage.unit();
    second.expect_lock_live_sessions().returning(|_, _| Ok(vec![Locked::by_store(session())]));
    second.expect_revoke_sessions().returning(move |sessions, _| {
        assert_eq!(sessions, [SESSION]);
        revoked.note("revoke")
    });
    unit.expect_find_users().return_once(move |_| Ok(vec![user]));
    let use_case = Refresh {
        revocation: revocation(stage, stage.store_of([unit, second]), &anna(), &[]),
        tokens: issuer(),
        clock: stage.clock.clone(),
    };
    use_case.run("refresh", &Origin::default()).await
}

#[tokio::test]
async fn a_good_token_is_used_up_and_traded_for_the_next_pair() {
    let stage = Stage::new();
    stage.clock.advance(Duration::days(1));
    let pair = refresh(&stage, Some(presented(session(), None)), anna()).await.unwrap();
    assert_eq!((pair.access.as_str(), pair.refresh.as_str()), ("user 1 customer 600s", "refresh"));
    assert_eq!(stage.log.entries(), ["begin", "rotate until 2026-03-11", "audit token_refreshed", "commit"]);
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
        ["begin", "rollback", "put revoked 12:00:00.0", "begin", "revoke", "audit token_reused", "commit"]
    );
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_and_the_lost_token_is_worth_nothing() {
    let stage = Stage::new();
    stage.clock.advance(Duration::seconds(9));
    let used = presented(session(), Some(NOON));
    let lost =
        RefreshToken { hash: RefreshHash([3; 32]), parent: Some(PRESENTED), used_at: None, ..*used.token };
    let outcome = refresh(&stage, Some(PresentedToken { children: vec![lost], ..used }), anna()).await;
    assert!(outcome.is_ok());
    assert_eq!(stage.log.entries(), ["begin", "replace until 2026-03-10", "audit token_refreshed", "commit"]);
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
