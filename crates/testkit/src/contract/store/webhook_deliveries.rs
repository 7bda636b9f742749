use std::slice::from_ref;
use std::time::Instant;

use offers_domain::ids::{EventId, WebhookId};
use offers_domain::ports::{Store, StoreError};
use offers_domain::retry::Jitter;
use offers_domain::webhook::delivery::{
    Answer, Attempt, Delivery, DeliveryClaim, DeliveryPolicy, DeliveryStatus,
};
use offers_domain::webhook::endpoint::{DisabledReason, Owner, WebhookChange, WebhookState};
use offers_domain::webhook::event::EventKind;
use offers_domain::webhook::views::{DeliveryFilter, ReplayOf, Replayed};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::StoreHarness;
use super::steps::transact;
use super::webhooks::{kinds, listen, log, operator, saved, sell};
use super::world::{World, page};
use crate::builders::NOON;

const POLICY: DeliveryPolicy = DeliveryPolicy {
    lease: Duration::seconds(60),
    backoff_base: Duration::seconds(5),
    backoff_cap: Duration::hours(4),
    retry_after_cap: Duration::hours(1),
    give_up_after: Duration::hours(72),
    disable_after: Duration::hours(72),
    patience: 5,
    rest_cap: Duration::minutes(10),
    per_webhook: 8,
};

/// Two who wait for each other are parted by the server after a second at the earliest, again and again.
const STANDSTILL: std::time::Duration = std::time::Duration::from_secs(20);

async fn claim(store: &dyn Store, limit: usize, now: OffsetDateTime) -> Result<Vec<Delivery>, StoreError> {
    transact(store, async |unit| {
        let mut due = unit.lock_due_deliveries(limit, POLICY.per_webhook, now).await?;
        for delivery in &mut due {
            assert_eq!(delivery.claim(now, &POLICY), Ok(DeliveryClaim::Send));
        }
        let claimed: Vec<Delivery> = due.iter().map(|delivery| (**delivery).clone()).collect();
        unit.update_deliveries(&claimed).await?;
        Ok(claimed)
    })
    .await
}

async fn settle<H: StoreHarness>(world: &World<H>, delivery: &Delivery, answer: Answer) -> Delivery {
    world
        .commit(async |unit| {
            let mut held = unit.lock_deliveries(&[delivery.id()]).await?.remove(0);
            let number = delivery.parts().attempt;
            held.settle(number, &answer, &POLICY, NOON, Jitter(u32::MAX)).unwrap();
            unit.update_deliveries(from_ref(&*held)).await?;
            let (took, answer) = (Duration::milliseconds(12), answer.clone());
            let attempt = Attempt { delivery: delivery.id(), number, answer, started_at: NOON, took };
            unit.record_webhook_attempts(&[attempt]).await?;
            Ok((*held).clone())
        })
        .await
}

fn accepted() -> Answer {
    Answer::Accepted { status: 204 }
}

fn refused() -> Answer {
    Answer::Failed { status: Some(500), error: "http 500".into(), retry_after: None }
}

pub async fn a_paused_endpoint_collects_and_a_disabled_one_can_have_it_replayed<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (paused, disabled) = (operator(&world).await, operator(&world).await);
    saved(&world, paused, |webhook| {
        webhook.change(&WebhookChange { enabled: Some(false), ..WebhookChange::default() });
    })
    .await;
    saved(&world, disabled, |webhook| webhook.state = WebhookState::Disabled(DisabledReason::Gone)).await;
    sell(&world, 1).await;
    assert_eq!(log(&world, paused).await.len(), 2);
    assert_eq!(log(&world, disabled).await, []);
    assert_eq!(claim(&*world.store, 10, NOON).await.unwrap(), [], "a paused endpoint is not called");
    let enable = WebhookChange { enabled: Some(true), ..WebhookChange::default() };
    for webhook in [paused, disabled] {
        saved(&world, webhook, |webhook| webhook.change(&enable)).await;
    }
    let everything = ReplayOf::Between { from: NOON, to: NOON + Duration::DAY, after: None };
    let replayed = world.commit(async |unit| unit.replay(disabled, everything, 10, NOON).await).await;
    assert_eq!((replayed.queued, replayed.has_more), (2, false));
    assert_eq!(claim(&*world.store, 10, NOON).await.unwrap().len(), 2, "the first of each");
}

pub async fn events_about_one_order_are_sent_one_after_the_other<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let webhook = operator(&world).await;
    let orders = sell(&world, 2).await;
    let first = claim(&*world.store, 10, NOON).await.unwrap();
    let about: Vec<_> = first.iter().map(|one| one.parts().event.happening.unwrap().about).collect();
    assert_eq!(about, orders, "one of each order");
    assert_eq!(claim(&*world.store, 10, NOON).await.unwrap(), []);
    settle(&world, &first[0], accepted()).await;
    settle(&world, &first[1], refused()).await;
    let next = claim(&*world.store, 10, NOON).await.unwrap();
    let next: Vec<_> = next.iter().map(|one| one.parts().event.happening.unwrap()).collect();
    assert_eq!(next.len(), 1, "what was not delivered is in the way of what follows");
    assert_eq!((next[0].about, next[0].kind()), (orders[0], EventKind::SubscriptionActivated));
    let later = NOON + Duration::minutes(1);
    let again = claim(&*world.store, 10, later).await.unwrap();
    assert!(again.iter().any(|one| one.id() == first[1].id()), "a lease that is over, and the retry");
    let gone = again.iter().find(|one| one.id() == first[1].id()).unwrap();
    settle(&world, gone, Answer::Gone).await;
    let last = claim(&*world.store, 10, later).await.unwrap();
    assert_eq!(last.len(), 1, "what was given up is not in the way any more");
    assert_eq!(kinds(&world, webhook).await.len(), 4);
}

pub async fn an_endpoint_has_so_many_places_and_one_while_it_recovers<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let webhook = operator(&world).await;
    sell(&world, 10).await;
    assert_eq!(claim(&*world.store, 3, NOON).await.unwrap().len(), 3);
    assert_eq!(claim(&*world.store, 100, NOON).await.unwrap().len(), POLICY.per_webhook - 3);
    assert_eq!(claim(&*world.store, 100, NOON).await.unwrap(), []);
    let rest = NOON + Duration::minutes(5);
    saved(&world, webhook, |webhook| webhook.health.resume_at = Some(rest)).await;
    assert_eq!(claim(&*world.store, 100, rest - Duration::SECOND).await.unwrap(), []);
    assert_eq!(claim(&*world.store, 100, rest).await.unwrap().len(), 1);
}

pub async fn an_endpoint_with_an_old_backlog_does_not_keep_others_waiting<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 500).await, world.offer_for(100).await);
    let buy = async |count| {
        for _ in 0..count {
            world.buy(anna, offer).await;
            world.confirm_all(NOON).await;
        }
    };
    let claimed = async |limit| {
        let claimed = claim(&*world.store, limit, NOON).await.unwrap();
        claimed.iter().map(|one| one.parts().webhook).collect::<Vec<_>>()
    };
    let slow = operator(&world).await;
    buy(3).await;
    let quick = operator(&world).await;
    buy(1).await;
    assert_eq!(claimed(2).await, [slow, quick], "one of each, although the other's have waited longer");
    buy(1).await;
    assert_eq!(claimed(1).await, [slow], "each has one under way");
    assert_eq!(claimed(1).await, [quick], "what is under way counts");
    assert_eq!(claimed(10).await, [slow, slow, slow], "nobody else wants the places");
}

pub async fn due_deliveries_are_claimed_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    operator(&world).await;
    sell(&world, 6).await;
    let mut all: Vec<_> = Vec::new();
    for _ in 0..2 {
        let (here, there) = tokio::join!(claim(&*world.store, 2, NOON), claim(&*other, 2, NOON));
        all.extend(here.unwrap().iter().chain(&there.unwrap()).map(Delivery::id));
    }
    all.extend(claim(&*world.store, 30, NOON).await.unwrap().iter().map(Delivery::id));
    let claimed = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!((claimed, all.len()), (6, 6));
}

pub async fn every_attempt_is_in_the_log<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let webhook = operator(&world).await;
    sell(&world, 1).await;
    let claimed = claim(&*world.store, 1, NOON).await.unwrap().remove(0);
    let failed = settle(&world, &claimed, refused()).await;
    assert_eq!(failed.parts().reason.as_deref(), Some("http 500"));
    let later = NOON + Duration::minutes(1);
    let claimed = claim(&*world.store, 1, later).await.unwrap().remove(0);
    let delivered = settle(&world, &claimed, accepted()).await;
    let event = delivered.parts().event.id;
    let file = world.queries.delivery(webhook, event).await.unwrap().unwrap();
    assert_eq!(file.delivery, delivered);
    assert_eq!(file.delivery.status(), DeliveryStatus::Delivered);
    let log: Vec<_> =
        file.attempts.iter().map(|one| (one.number, one.status, one.error.as_deref())).collect();
    assert_eq!(log, [(1, Some(500), Some("http 500")), (2, Some(204), None)]);
    assert_eq!(file.attempts[0].took, Duration::milliseconds(12));
    let other = operator(&world).await;
    assert_eq!(world.queries.delivery(other, event).await.unwrap(), None);
    let filter = DeliveryFilter { status: Some(DeliveryStatus::Delivered) };
    let found = world.queries.deliveries(webhook, &filter, &page(10, None)).await.unwrap();
    assert_eq!(found.items, [delivered]);
    let backlog = world.queries.delivery_backlog().await.unwrap();
    assert_eq!((backlog.open, backlog.oldest), (1, Some(NOON)));
}

pub async fn a_test_is_sent_to_its_endpoint_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (one, two) = (operator(&world).await, operator(&world).await);
    let event = EventId(Uuid::from_u128(5));
    world.commit(async |unit| unit.insert_test(one, event, NOON).await).await;
    assert_eq!(kinds(&world, one).await, [EventKind::Test]);
    assert_eq!(log(&world, two).await, []);
    let claimed = claim(&*world.store, 10, NOON).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].parts().event.id), (1, event));
}

pub async fn what_has_ended_is_queued_again_in_pieces<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let webhook = operator(&world).await;
    sell(&world, 2).await;
    let delivered = claim(&*world.store, 1, NOON).await.unwrap().remove(0);
    settle(&world, &delivered, accepted()).await;
    let replay = async |of, at_most| {
        world.commit(async |unit| unit.replay(webhook, of, at_most, NOON + Duration::HOUR).await).await
    };
    let event = delivered.parts().event.id;
    assert_eq!(replay(ReplayOf::Event(event), 10).await.queued, 1);
    let again = log(&world, webhook).await.pop().unwrap();
    assert_eq!(again.status(), DeliveryStatus::Queued);
    assert_eq!(
        (again.id(), again.parts().event.id),
        (delivered.id(), event),
        "the same delivery, by the same id"
    );
    assert_eq!((again.parts().tries, again.parts().queued_at), (0, NOON + Duration::HOUR));
    assert_eq!(replay(ReplayOf::Event(event), 10).await.queued, 0, "what waits is left alone");
    let unknown = replay(ReplayOf::Event(EventId(Uuid::from_u128(1))), 10).await;
    assert_eq!(unknown.last, None);

    let between = |after| ReplayOf::Between { from: NOON, to: NOON + Duration::SECOND, after };
    let (mut seen, mut after) = (0, None);
    loop {
        let piece = replay(between(after), 3).await;
        seen += 1;
        if !piece.has_more {
            break;
        }
        after = piece.last;
    }
    assert_eq!(seen, 2, "four events in pieces of three");
    let before = ReplayOf::Between { from: NOON - Duration::DAY, to: NOON, after: None };
    assert_eq!(replay(before, 10).await.last, None, "the end of a time is not part of it");
}

pub async fn a_replay_looks_at_so_many_events_at_a_time_and_says_where_it_stopped<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    operator(&world).await;
    sell(&world, 8).await;
    let (bert, offer) = (world.customer("bert", 100).await, world.offer_for(100).await);
    world.buy(bert, offer).await;
    world.refuse_all(NOON).await;
    let failures = listen(&world, Owner::Operator, "transaction.failed".parse().unwrap()).await;
    let piece = async |after| {
        let of = ReplayOf::Between { from: NOON, to: NOON + Duration::SECOND, after };
        world.commit(async |unit| unit.replay(failures, of, 1, NOON).await).await
    };
    let first = piece(None).await;
    assert_eq!((first.queued, first.has_more), (0, true), "none among so many, but there are others");
    let second = piece(first.last).await;
    assert_eq!((second.queued, second.has_more), (1, false));
    let found: Vec<_> = log(&world, failures).await.iter().map(|one| one.parts().event.id).collect();
    assert_eq!((found.len(), found.last()), (1, second.last.as_ref()));
    let unknown = piece(Some(EventId(Uuid::from_u128(1)))).await;
    assert_eq!(unknown, Replayed::default(), "nothing follows an event that is not there");
}

/// Sends what is due until nothing is, in the order in which the program locks: deliveries, then their endpoint.
async fn send_all(store: &dyn Store, webhook: WebhookId) {
    loop {
        let claimed = claim(store, 3, NOON).await.unwrap();
        if claimed.is_empty() {
            return;
        }
        let ids: Vec<_> = claimed.iter().map(Delivery::id).collect();
        let settled = transact(store, async |unit| {
            let mut held = unit.lock_deliveries(&ids).await?;
            unit.lock_webhooks(&[webhook]).await?;
            for delivery in &mut held {
                let number = delivery.parts().attempt;
                delivery.settle(number, &accepted(), &POLICY, NOON, Jitter(u32::MAX)).unwrap();
            }
            let settled: Vec<Delivery> = held.iter().map(|delivery| (**delivery).clone()).collect();
            unit.update_deliveries(&settled).await
        });
        settled.await.unwrap();
    }
}

pub async fn a_replay_and_those_who_send_do_not_wait_for_each_other<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let webhook = operator(&world).await;
    sell(&world, 6).await;
    let everything = ReplayOf::Between { from: NOON, to: NOON + Duration::DAY, after: None };
    let replays = async {
        let mut queued = 0;
        for _ in 0..20 {
            let replayed = transact(&*other, async |unit| {
                unit.lock_webhooks(&[webhook]).await?;
                unit.replay(webhook, everything, 100, NOON).await
            });
            queued += replayed.await.unwrap().queued;
        }
        queued
    };
    let sends = async {
        for _ in 0..20 {
            send_all(&*world.store, webhook).await;
        }
    };
    let began = Instant::now();
    let (queued, ()) = tokio::join!(replays, sends);
    assert!(began.elapsed() < STANDSTILL, "{:?}, {queued} queued again", began.elapsed());
    send_all(&*world.store, webhook).await;
    assert!(log(&world, webhook).await.iter().all(|one| one.status() == DeliveryStatus::Delivered));
}

pub async fn old_events_are_forgotten_with_all_that_belongs_to_them<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let webhook = operator(&world).await;
    sell(&world, 2).await;
    let delivered = claim(&*world.store, 1, NOON).await.unwrap().remove(0);
    settle(&world, &delivered, accepted()).await;
    let purge =
        async |limit, at_most| world.commit(async |unit| unit.purge_events(limit, at_most).await).await;
    assert_eq!(purge(NOON, 10).await, 0, "they are not older than that");
    assert_eq!(purge(NOON + Duration::SECOND, 3).await, 3, "the oldest first, no more than asked");
    assert_eq!(log(&world, webhook).await.len(), 1);
    assert_eq!(world.queries.delivery(webhook, delivered.parts().event.id).await.unwrap(), None);
}
