//! Following an order from transition to transition.

use std::sync::Arc;

use offers_application::activation_status::{ActivationStatus, Following};
use offers_domain::ports::mocks::MockStatusCache;
use offers_domain::ports::{StoreError, WakeUp};
use offers_domain::transaction::{Status, SubStatus, Transaction};
use offers_domain::views::{OfferName, StatusView, TimelineEntry, TransactionDetail, TransactionView};
use offers_local::LocalBell;
use offers_testkit::builders::NOON;
use time::Duration as Span;

use crate::queries::MockQueries;
use crate::stage::{ANNA, BEN, Stage, id, placed};

/// Anna's order after so many transitions, and its story: placed, claimed, ended, a minute apart.
fn order_at(version: u32) -> (StatusView, TransactionDetail) {
    let mut order = placed(1);
    let mut timeline = vec![entry(&order)];
    if version > 1 {
        order.claim(NOON + Span::MINUTE, Span::MINUTE, 5).unwrap();
        timeline.push(entry(&order));
    }
    if version > 2 {
        order.succeed(1, "R-1".into(), NOON + Span::minutes(2)).unwrap();
        timeline.push(entry(&order));
    }
    let transaction = TransactionView::new(&order, OfferName { plain: "Fibre".into(), fr: None });
    (StatusView::from(&order), TransactionDetail { transaction, timeline })
}

fn entry(order: &Transaction) -> TimelineEntry {
    let (version, at) = (order.parts().version, order.parts().updated_at);
    TimelineEntry { version, status: order.status(), sub_status: order.sub_status(), at }
}

/// The use case where the order stands like this, now and ever; its bell.
fn at(stage: &Stage, version: u32) -> (ActivationStatus, Arc<LocalBell>) {
    let (present, story) = order_at(version);
    let (mut cache, mut queries) = (MockStatusCache::new(), MockQueries::new());
    cache.expect_get().return_const(Some(present));
    let log = stage.log.clone();
    queries.expect_transaction().returning(move |user, _| {
        log.add("story");
        Ok(Some(story.clone()).filter(|_| user == ANNA))
    });
    let bell = Arc::new(LocalBell::default());
    let use_case = ActivationStatus::new(Arc::new(cache), Arc::new(queries), bell.clone(), stage.fallback());
    (use_case, bell)
}

/// What Anna is told who has seen this version, and whether the story is over then.
async fn told(stage: &Stage, version: u32, seen: u32) -> (Vec<(u32, Status)>, bool) {
    let (use_case, _) = at(stage, version);
    let mut following = use_case.follow(ANNA, id(1), seen).await.unwrap().unwrap();
    let missed = use_case.missed(&mut following).await.unwrap();
    (missed.iter().map(|view| (view.version, view.status)).collect(), following.is_over())
}

#[tokio::test]
async fn whoever_comes_late_is_told_what_was_missed_and_nothing_twice() {
    use Status::{Pending, Processing, Success};
    for (version, seen, expected, over) in [
        (1, 0, vec![(1, Pending)], false),
        (1, 1, vec![], false),
        (2, 0, vec![(1, Pending), (2, Processing)], false),
        (3, 0, vec![(1, Pending), (2, Processing), (3, Success)], true),
        (3, 1, vec![(2, Processing), (3, Success)], true),
        (3, 2, vec![(3, Success)], true),
    ] {
        assert_eq!(told(&Stage::new(), version, seen).await, (expected, over), "at {version}, saw {seen}");
    }
}

#[tokio::test]
async fn a_story_that_was_heard_to_its_end_is_over_at_once() {
    let (use_case, _) = at(&Stage::new(), 3);
    for (seen, over) in [(2, false), (3, true), (4, true)] {
        let following = use_case.follow(ANNA, id(1), seen).await.unwrap().unwrap();
        assert_eq!(following.is_over(), over, "saw {seen}");
    }
}

#[tokio::test]
async fn a_past_transition_is_shown_as_it_was() {
    let (use_case, _) = at(&Stage::new(), 3);
    let mut following = use_case.follow(ANNA, id(1), 0).await.unwrap().unwrap();
    let missed = use_case.missed(&mut following).await.unwrap();
    let [first, second, last] = &missed[..] else { panic!("{missed:?}") };
    assert_eq!((first.updated_at, first.completed_at, first.sub_status), (NOON, None, SubStatus::Queued));
    assert_eq!((second.updated_at, second.sub_status), (NOON + Span::MINUTE, SubStatus::Calling));
    assert_eq!(*last, order_at(3).0);
}

#[tokio::test]
async fn the_next_transition_needs_no_story_from_the_store() {
    let stage = Stage::new();
    told(&stage, 3, 2).await;
    assert_eq!(stage.log.count("story"), 0);
    told(&stage, 3, 1).await;
    assert_eq!(stage.log.count("story"), 1);
}

#[tokio::test]
async fn a_bell_wakes_the_follower_and_a_follower_that_leaves_is_forgotten() {
    let (use_case, bell) = at(&Stage::new(), 1);
    let mut following = use_case.follow(ANNA, id(1), 0).await.unwrap().unwrap();
    bell.announce(&[id(1)]).await;
    following.changed().await;
    assert_eq!(bell.followed(), 1);
    drop(following);
    assert_eq!(bell.followed(), 0);
}

#[tokio::test]
async fn nobody_follows_somebody_elses_order() {
    let (use_case, bell) = at(&Stage::new(), 3);
    let none: Option<Following> = use_case.follow(BEN, id(1), 0).await.unwrap();
    assert!(none.is_none());
    assert_eq!(bell.followed(), 0);
}

#[tokio::test]
async fn a_story_that_cannot_be_read_is_an_error_and_is_not_lost() {
    let down = StoreError::Unavailable("down".into());
    let (mut cache, mut queries) = (MockStatusCache::new(), MockQueries::new());
    cache.expect_get().return_const(Some(order_at(3).0));
    let mut answers = vec![Ok(Some(order_at(3).1)), Err(down.clone())];
    queries.expect_transaction().returning(move |_, _| answers.pop().unwrap());
    let bell = Arc::new(LocalBell::default());
    let stage = Stage::new();
    let use_case = ActivationStatus::new(Arc::new(cache), Arc::new(queries), bell, stage.fallback());
    let mut following = use_case.follow(ANNA, id(1), 0).await.unwrap().unwrap();
    assert_eq!(use_case.missed(&mut following).await, Err(down));
    assert_eq!(use_case.missed(&mut following).await.unwrap().len(), 3);
}
