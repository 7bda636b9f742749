//! Logins and their refresh tokens.

use offers_domain::ids::SessionId;
use offers_domain::ports::StoreError;
use offers_domain::session::{RefreshHash, RefreshToken, Session, SessionPolicy};
use offers_domain::views::SessionView;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::StoreHarness;
use super::world::World;
use crate::builders::NOON;

fn token(session: &Session, number: u8, now: OffsetDateTime) -> RefreshToken {
    RefreshToken {
        hash: RefreshHash([number; 32]),
        session: session.id,
        parent: None,
        expires_at: session.token_expiry(&SessionPolicy::default(), now),
        used_at: None,
    }
}

/// A login with the refresh token of the same number.
async fn log_in<H: StoreHarness>(
    world: &World<H>,
    number: u8,
    now: OffsetDateTime,
) -> (Session, RefreshToken) {
    let user = world.customer(&format!("user{number}"), 0).await.user;
    let id = SessionId(Uuid::from_u128(number.into()));
    let session = Session::begin(id, user, &SessionPolicy::default(), now);
    let token = token(&session, number, now);
    world.commit(async |unit| unit.insert_session(&session, &token).await).await;
    (session, token)
}

async fn presented<H: StoreHarness>(world: &World<H>, hash: RefreshHash) -> Option<(Session, RefreshToken)> {
    let found = world.commit(async |unit| unit.lock_refresh_token(hash).await).await?;
    Some((*found.session, *found.token))
}

pub async fn a_session_is_kept_with_its_token<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (session, token) = log_in(&world, 1, NOON).await;
    log_in(&world, 2, NOON).await;
    assert_eq!(world.queries.session(session.id).await, Ok(Some(session)));
    assert_eq!(presented(&world, token.hash).await, Some((session, token)));
}

pub async fn what_nobody_was_given_is_not_found<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    log_in(&world, 1, NOON).await;
    assert_eq!(world.queries.session(SessionId(Uuid::from_u128(9))).await, Ok(None));
    assert_eq!(presented(&world, RefreshHash([9; 32])).await, None);
}

pub async fn only_sessions_that_run_are_live<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let [(runs, _), (revoked, _), (expired, _)] =
        [log_in(&world, 1, NOON).await, log_in(&world, 2, NOON).await, log_in(&world, 3, NOON - Duration::days(30)).await];
    world.commit(async |unit| unit.revoke_sessions(&[revoked.id], NOON).await).await;
    let asked = [runs.id, revoked.id, expired.id, SessionId(Uuid::from_u128(9)), runs.id];
    let live = world.commit(async |unit| unit.live_sessions(&asked, NOON).await).await;
    assert_eq!(live, [runs.id].into());
}

pub async fn a_rotated_token_is_used_and_its_successor_is_not<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (session, first) = log_in(&world, 1, NOON).await;
    let later = NOON + Duration::minutes(10);
    let second = token(&session, 2, later);
    world.commit(async |unit| unit.rotate_refresh_token(first.hash, &second, later).await).await;
    let used = RefreshToken { used_at: Some(later), ..first };
    assert_eq!(presented(&world, first.hash).await, Some((session, used)));
    assert_eq!(presented(&world, second.hash).await, Some((session, second)));
}

pub async fn a_token_is_rotated_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (session, first) = log_in(&world, 1, NOON).await;
    let later = NOON + Duration::minutes(10);
    let successors = [token(&session, 2, later), token(&session, 3, later)];
    world.commit(async |unit| unit.rotate_refresh_token(first.hash, &successors[0], later).await).await;
    let rotate = world
        .try_commit(async |unit| unit.rotate_refresh_token(first.hash, &successors[1], later).await);
    let again = rotate.await;
    assert!(matches!(again, Err(StoreError::Contention(_))), "{again:?}");
    assert_eq!(presented(&world, successors[1].hash).await, None);
}

pub async fn a_token_is_presented_with_what_it_was_traded_for<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (session, first) = log_in(&world, 1, NOON).await;
    let child = |number| RefreshToken { parent: Some(first.hash), ..token(&session, number, NOON) };
    let (lost, given) = (child(2), child(3));
    for (spent, next) in [(first, lost), (lost, given)] {
        world.commit(async |unit| unit.rotate_refresh_token(spent.hash, &next, NOON).await).await;
    }
    let found = world.commit(async |unit| unit.lock_refresh_token(first.hash).await).await.unwrap();
    let mut children = found.children;
    children.sort_unstable_by_key(|child| child.hash.0);
    assert_eq!(children, [RefreshToken { used_at: Some(NOON), ..lost }, given]);
    let found = world.commit(async |unit| unit.lock_refresh_token(given.hash).await).await.unwrap();
    assert_eq!((*found.token, found.children), (given, vec![]));
}

pub async fn a_persons_live_sessions_are_listed_and_locked<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (first, first_token) = log_in(&world, 1, NOON).await;
    log_in(&world, 2, NOON).await;
    let later = |number, minutes| {
        let (id, now) = (SessionId(Uuid::from_u128(number)), NOON + Duration::minutes(minutes));
        Session::begin(id, first.user, &SessionPolicy::default(), now)
    };
    let (second, revoked) = (later(12, 2), later(11, 1));
    for (session, number) in [(second, 12), (revoked, 11)] {
        let token = token(&session, number, NOON);
        world.commit(async |unit| unit.insert_session(&session, &token).await).await;
    }
    let heard_of = NOON + Duration::minutes(5);
    let next = token(&first, 3, heard_of);
    world
        .commit(async |unit| {
            unit.revoke_sessions(&[revoked.id], heard_of).await?;
            unit.rotate_refresh_token(first_token.hash, &next, heard_of).await
        })
        .await;
    let listed = world.queries.live_sessions(first.user, heard_of).await.unwrap();
    let view = |session: Session, last_used_at| SessionView { session, last_used_at };
    assert_eq!(listed, [view(second, second.created_at), view(first, heard_of)], "newest first");
    let live = world.commit(async |unit| unit.lock_live_sessions(first.user, heard_of).await).await;
    assert_eq!(live.iter().map(|session| **session).collect::<Vec<_>>(), [first, second], "oldest first");
    let end = first.expires_at;
    let live = world.commit(async |unit| unit.lock_live_sessions(first.user, end).await).await;
    assert_eq!(live.iter().map(|session| **session).collect::<Vec<_>>(), [second]);
    assert_eq!(world.queries.live_sessions(first.user, end).await.unwrap().len(), 1);
}

pub async fn sessions_end_together<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (one, _) = log_in(&world, 1, NOON).await;
    let (two, _) = log_in(&world, 2, NOON).await;
    let (three, _) = log_in(&world, 3, NOON).await;
    world.commit(async |unit| unit.revoke_sessions(&[one.id, two.id], NOON).await).await;
    for (session, ended) in [(one, true), (two, true), (three, false)] {
        let kept = world.queries.session(session.id).await.unwrap().unwrap();
        assert_eq!(kept.revoked_at, ended.then_some(NOON));
    }
}

pub async fn a_session_keeps_its_first_end<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (session, token) = log_in(&world, 1, NOON).await;
    let (other, _) = log_in(&world, 2, NOON).await;
    for minutes in [5, 6] {
        let now = NOON + Duration::minutes(minutes);
        world.commit(async |unit| unit.revoke_sessions(&[session.id], now).await).await;
    }
    let ended = Session { revoked_at: Some(NOON + Duration::minutes(5)), ..session };
    assert_eq!(world.queries.session(session.id).await, Ok(Some(ended)));
    assert_eq!(presented(&world, token.hash).await, Some((ended, token)));
    assert_eq!(world.queries.session(other.id).await, Ok(Some(other)));
}

pub async fn ended_sessions_are_forgotten_with_their_tokens<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (expired, old_token) = log_in(&world, 1, NOON - Duration::days(40)).await;
    let (revoked, _) = log_in(&world, 2, NOON).await;
    let (revoked_late, _) = log_in(&world, 3, NOON).await;
    let (live, live_token) = log_in(&world, 4, NOON).await;
    let limit = NOON + Duration::hours(1);
    let (expiring, _) = log_in(&world, 5, limit - SessionPolicy::default().absolute).await;
    world
        .commit(async |unit| {
            unit.revoke_sessions(&[revoked.id], limit - Duration::microseconds(1)).await?;
            unit.revoke_sessions(&[revoked_late.id], limit).await
        })
        .await;
    assert_eq!(world.commit(async |unit| unit.purge_sessions(limit, 10).await).await, 2);
    for (session, kept) in
        [(expired, false), (revoked, false), (revoked_late, true), (expiring, true), (live, true)]
    {
        assert_eq!(world.queries.session(session.id).await.unwrap().is_some(), kept);
    }
    assert_eq!(presented(&world, old_token.hash).await, None);
    assert!(presented(&world, live_token.hash).await.is_some());
    assert_eq!(world.commit(async |unit| unit.purge_sessions(limit, 10).await).await, 0);
}

pub async fn the_sessions_that_ended_first_are_forgotten_first_and_no_more_than_asked<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let limit = NOON + Duration::hours(2);
    let lifetime = SessionPolicy::default().absolute;
    // They end in the order of their numbers; the third is revoked when it has already expired.
    let mut ended = Vec::new();
    for (number, begun, revoked) in [
        (1, NOON, Some(NOON + Duration::minutes(1))),
        (2, NOON + Duration::minutes(2) - lifetime, None),
        (3, NOON + Duration::minutes(3) - lifetime, Some(NOON + Duration::hours(1))),
        (4, NOON, Some(NOON + Duration::minutes(4))),
        (5, NOON + Duration::minutes(5) - lifetime, None),
    ] {
        let (session, _) = log_in(&world, number, begun).await;
        if let Some(at) = revoked {
            world.commit(async |unit| unit.revoke_sessions(&[session.id], at).await).await;
        }
        ended.push(session.id);
    }
    for (purged, left) in [(2, 3), (2, 1), (1, 0), (0, 0)] {
        assert_eq!(world.commit(async |unit| unit.purge_sessions(limit, 2).await).await, purged);
        let mut kept = Vec::new();
        for id in &ended {
            kept.extend(world.queries.session(*id).await.unwrap().map(|session| session.id));
        }
        assert_eq!(kept, ended[ended.len() - left..]);
    }
}
