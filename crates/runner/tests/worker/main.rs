//! How a worker paces itself, on a clock that moves only when everybody waits.
#![expect(clippy::unwrap_used, reason = "this is how a test fails")]

mod stage;

use std::time::Duration;

use offers_domain::activation_partner::{ActivationPartner, Places};
use offers_domain::ports::WakeUp;
use offers_domain::transaction::SubStatus;
use offers_runner::worker::WorkerSettings;
use tokio::time::{Instant, sleep};

use crate::stage::{INSTANT, PLACES, Stage, dead};

/// Looks so rarely by itself that a test which does not wait an hour sees only what the worker does at once.
const SETTINGS: WorkerSettings =
    WorkerSettings { poll: Duration::from_hours(1), drain: Duration::from_secs(25) };

#[tokio::test(start_paused = true)]
async fn an_idle_worker_claims_at_once_when_the_bell_rings() {
    let mut stage = Stage::with(0, SETTINGS).await;
    stage.add(1);
    stage.bell.ring().await;
    sleep(INSTANT).await;
    assert_eq!(stage.claimed(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_bell_it_looks_again_after_the_poll_interval() {
    let mut stage = Stage::with(0, SETTINGS).await;
    stage.add(1);
    sleep(SETTINGS.poll.mul_f32(0.9)).await;
    assert_eq!(stage.claimed(), 0, "not yet");
    sleep(SETTINGS.poll.mul_f32(0.1)).await;
    assert_eq!(stage.claimed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_take_is_followed_by_another_look_as_soon_as_there_is_a_place() {
    let stage = Stage::with(8, SETTINGS).await;
    assert_eq!(stage.claimed(), 3);
    stage.partner.answer(1).await;
    assert_eq!((stage.succeeded(), stage.claimed()), (1, 4), "the free place is taken");
    stage.partner.answer(7).await;
    assert_eq!(stage.succeeded(), 8, "and so on, until there is nothing left");
}

#[tokio::test(start_paused = true)]
async fn never_more_orders_are_under_way_than_it_may_work_on_at_once() {
    let mut stage = Stage::with(10, SETTINGS).await;
    for ended in 0..10 {
        assert_eq!(stage.partner.calls().waiting, PLACES.min(10 - ended));
        stage.bell.ring().await;
        stage.partner.answer(1).await;
    }
    assert_eq!((stage.succeeded(), stage.partner.calls().most), (10, PLACES));
    assert!(!stage.has_ended());
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_the_orders_under_way_and_takes_no_more() {
    let mut stage = Stage::with(2, SETTINGS).await;
    stage.stop.cancel();
    stage.add(1);
    stage.bell.ring().await;
    sleep(SETTINGS.drain / 2).await;
    assert!(!stage.has_ended(), "it waits for the partner");

    stage.partner.answer(2).await;

    assert!(stage.has_ended());
    assert_eq!((stage.succeeded(), stage.claimed()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_the_orders_back_that_are_not_done_in_time() {
    let mut stage = Stage::with(2, SETTINGS).await;
    let stopped = Instant::now();
    stage.stop.cancel();
    stage.partner.answer(1).await;
    stage.ended().await;
    assert!(stopped.elapsed() >= SETTINGS.drain, "{:?}", stopped.elapsed());
    let mut stories = stage.stories();
    stories.sort_unstable_by_key(|story| story.as_str());
    assert_eq!(
        stories,
        [SubStatus::Confirmed, SubStatus::Unknown],
        "one is settled, one is asked about next"
    );
    stage.bell.wait_for_work().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_stops_at_once() {
    let mut stage = Stage::with(0, SETTINGS).await;
    stage.stop.cancel();
    sleep(INSTANT).await;
    assert!(stage.has_ended());
}

#[tokio::test(start_paused = true)]
async fn a_partner_that_never_answers_holds_up_nobody_elses_orders() {
    let places = [(dead(), 2), (ActivationPartner::DEFAULT, 3)].map(|(partner, free)| Places {
        partner,
        free,
        since: None,
    });
    let mut stage = Stage::with_places(places.to_vec(), 0, SETTINGS).await;
    stage.add_for(dead(), 50);
    stage.add(5);
    stage.bell.ring().await;
    sleep(INSTANT).await;
    assert_eq!(stage.claimed(), 5, "two of the dead partner's, three of the other's");
    stage.partner.answer(5).await;
    assert_eq!((stage.succeeded(), stage.claimed()), (5, 7));
    assert!(!stage.has_ended());
}
