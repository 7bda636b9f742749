//! How a sender paces itself, on a clock that moves only when everybody waits.
#![expect(clippy::unwrap_used, reason = "this is how a test fails")]

mod stage;

use std::time::Duration;

use offers_domain::notice::NoticeStatus;
use offers_runner::sender::SenderSettings;
use tokio::time::{Instant, sleep};

use crate::stage::{INSTANT, Stage};

/// Looks so rarely by itself that a test which does not wait an hour sees only what the sender does at once.
const SETTINGS: SenderSettings = SenderSettings {
    concurrency: 3,
    poll: Duration::from_hours(1),
    rest: Duration::from_millis(50),
    drain: Duration::from_secs(20),
};

#[tokio::test(start_paused = true)]
async fn an_idle_sender_claims_at_once_when_the_bell_rings_and_otherwise_after_the_poll_interval() {
    let stage = Stage::with(0, SETTINGS).await;
    sleep(SETTINGS.rest).await;
    stage.queue(1);
    sleep(INSTANT).await;
    assert_eq!(stage.count(NoticeStatus::Queued), 1);
    stage.ring().await;
    assert_eq!(stage.count(NoticeStatus::Sending), 1);
    stage.answer(1).await;
    stage.queue(1);
    sleep(SETTINGS.poll).await;
    assert_eq!(stage.count(NoticeStatus::Sending), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_found_nothing_hears_no_bell_for_a_moment_and_forgets_none() {
    let stage = Stage::with(0, SETTINGS).await;
    stage.queue(1);
    stage.ring().await;
    assert_eq!(stage.count(NoticeStatus::Queued), 1, "it has just looked");
    sleep(SETTINGS.rest).await;
    assert_eq!(stage.count(NoticeStatus::Sending), 1);
}

#[tokio::test(start_paused = true)]
async fn never_more_are_claimed_than_are_being_handed_over() {
    let stage = Stage::with(8, SETTINGS).await;
    for sent in 0..=5 {
        assert_eq!((stage.count(NoticeStatus::Sent), stage.count(NoticeStatus::Sending)), (sent, 3));
        stage.answer(1).await;
    }
    stage.answer(2).await;
    assert_eq!(stage.count(NoticeStatus::Sent), 8);
}

#[tokio::test(start_paused = true)]
async fn what_ended_together_shares_one_commit() {
    let stage = Stage::with(3, SETTINGS).await;
    let before = stage.commits();
    stage.answer(3).await;
    assert_eq!(stage.count(NoticeStatus::Sent), 3);
    assert_eq!(stage.commits() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_is_being_handed_over() {
    let mut stage = Stage::with(2, SETTINGS).await;
    stage.stop.cancel();
    sleep(INSTANT).await;
    assert!(!stage.has_ended());
    stage.answer(2).await;
    assert!(stage.has_ended());
    assert_eq!(stage.count(NoticeStatus::Sent), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_ever_and_leaves_alone_what_may_have_been_sent() {
    let mut stage = Stage::with(2, SETTINGS).await;
    stage.stop.cancel();
    let stopped = Instant::now();
    stage.ended().await;
    assert_eq!(stopped.elapsed(), SETTINGS.drain);
    assert_eq!(stage.count(NoticeStatus::Sending), 2, "nobody else sends them");
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_a_stop_overtakes_is_given_back() {
    let mut stage = Stage::with(0, SETTINGS).await;
    stage.queue(2);
    stage.stop_during_the_next_claim();
    stage.ring().await;
    stage.ended().await;
    assert_eq!(stage.count(NoticeStatus::Queued), 2);
    assert_eq!(stage.letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn outcomes_that_cannot_be_settled_are_kept_and_settled_later() {
    let stage = Stage::with(1, SETTINGS).await;
    stage.fail_the_next_unit();
    stage.answer(1).await;
    assert_eq!(stage.count(NoticeStatus::Sending), 1);
    stage.ring().await;
    sleep(SETTINGS.rest).await;
    assert_eq!(stage.count(NoticeStatus::Sent), 1);
}
