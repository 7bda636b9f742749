//! Deliveries are tried for days and never given up early; endpoints are trusted, left alone, and at last disabled.

use offers_domain::ids::{DeliveryId, EventId, OfferId, PartnerId, TransactionId, UserId, WebhookId};
use offers_domain::retry::Jitter;
use offers_domain::webhook::delivery::{
    Answer, Delivery, DeliveryClaim, DeliveryParts, DeliveryPolicy, DeliveryState, DeliveryStatus,
    DeliveryTransition,
};
use offers_domain::webhook::endpoint::{
    Description, DisabledReason, Health, Owner, Secrets, Webhook, WebhookChange, WebhookState, WebhookStatus,
    WebhookTerms,
};
use offers_domain::webhook::event::{Event, EventKinds, Happening, What};
use offers_domain::webhook::secret::Secret;
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOON: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);

fn policy() -> DeliveryPolicy {
    DeliveryPolicy::default()
}

fn queued() -> Delivery {
    let about = TransactionId(Uuid::from_u128(9));
    let happening = Happening { about, user: UserId(1), offer: OfferId(3), what: What::Succeeded };
    let id = EventId(Uuid::from_u128(5));
    Delivery::from_parts(DeliveryParts {
        id: DeliveryId(1),
        webhook: WebhookId(1),
        event: Event { id, happening: Some(happening), reference: None, at: NOON },
        state: DeliveryState::Queued { due: NOON },
        attempt: 0,
        tries: 0,
        reason: None,
        queued_at: NOON,
        updated_at: NOON,
    })
}

fn claimed() -> Delivery {
    let mut delivery = queued();
    assert_eq!(delivery.claim(NOON, &policy()), Ok(DeliveryClaim::Send));
    delivery
}

fn failed(retry_after: Option<Duration>) -> Answer {
    Answer::Failed { status: Some(503), error: "http 503".into(), retry_after }
}

fn due(delivery: &Delivery) -> Option<OffsetDateTime> {
    if let DeliveryState::Queued { due } = delivery.parts().state { Some(due) } else { None }
}

#[test]
fn a_delivery_is_held_by_one_sender_and_sent_again_where_that_one_vanished() {
    let mut delivery = claimed();
    assert_eq!(delivery.claim(NOON, &policy()), Err(DeliveryTransition::NotDue));
    let over = NOON + policy().lease;
    assert_eq!(delivery.claim(over, &policy()), Ok(DeliveryClaim::Send), "at least once");
    let late = delivery.settle(1, &Answer::Gone, &policy(), over, Jitter(0));
    assert_eq!(late, Err(DeliveryTransition::StaleClaim), "the first sender's word comes too late");
    delivery.settle(2, &Answer::Accepted { status: 200 }, &policy(), over, Jitter(0)).unwrap();
    assert_eq!((delivery.status(), delivery.parts().attempt), (DeliveryStatus::Delivered, 2));
}

#[test]
fn only_what_failed_is_tried_again() {
    for (answer, status) in [
        (Answer::Accepted { status: 204 }, DeliveryStatus::Delivered),
        (Answer::Gone, DeliveryStatus::Failed),
        (failed(None), DeliveryStatus::Queued),
    ] {
        let mut delivery = claimed();
        delivery.settle(1, &answer, &policy(), NOON, Jitter(0)).unwrap();
        assert_eq!(delivery.status(), status);
        assert_eq!(delivery.parts().reason.as_deref(), answer.error());
    }
}

#[test]
fn a_receiver_that_asks_for_time_gets_it_up_to_an_hour() {
    for (asked, waited) in [
        (Duration::seconds(30), Duration::seconds(30)),
        (Duration::days(30), Duration::HOUR),
        (Duration::ZERO, Duration::ZERO),
    ] {
        let mut delivery = claimed();
        delivery.settle(1, &failed(Some(asked)), &policy(), NOON, Jitter(0)).unwrap();
        assert_eq!(due(&delivery), Some(NOON + waited), "{asked}");
    }
}

#[test]
fn what_was_given_back_is_due_at_once_and_was_no_try() {
    let mut delivery = claimed();
    assert_eq!(delivery.give_back(2, NOON), Err(DeliveryTransition::StaleClaim));
    delivery.give_back(1, NOON).unwrap();
    assert_eq!((due(&delivery), delivery.parts().tries), (Some(NOON), 0));
}

#[test]
fn after_three_days_a_delivery_is_given_up() {
    let mut forgotten = queued();
    let end = NOON + policy().give_up_after;
    assert_eq!(forgotten.claim(end, &policy()), Ok(DeliveryClaim::GivenUp));
    assert_eq!(forgotten.status(), DeliveryStatus::Failed);
}

proptest! {
    /// However the dice fall: each wait is within its ceiling, the ceilings double up to four hours, no wait goes past
    /// the third day, and nobody gives up while there is time.
    #[test]
    fn the_schedule_keeps_its_bounds(jitters in prop::collection::vec(any::<u32>(), 200)) {
        let (policy, mut delivery, mut now) = (policy(), queued(), NOON);
        let end = NOON + policy.give_up_after;
        for (number, jitter) in (1_u32..).zip(jitters) {
            prop_assert_eq!(delivery.claim(now, &policy), Ok(DeliveryClaim::Send));
            delivery.settle(number, &failed(None), &policy, now, Jitter(jitter)).unwrap();
            let doubled = |ceiling: Duration, _: u32| (ceiling * 2_i32).min(policy.backoff_cap);
            let ceiling = (1..number).fold(policy.backoff_base, doubled);
            let Some(due) = due(&delivery) else {
                prop_assert_eq!(delivery.status(), DeliveryStatus::Failed);
                prop_assert!(now + ceiling >= end, "given up {} before the end", end - now);
                return Ok(());
            };
            prop_assert!(due >= now && due <= now + ceiling, "try {}: {} of {}", number, due - now, ceiling);
            prop_assert!(due < end);
            now = due;
        }
    }
}

fn webhook() -> Webhook {
    Webhook {
        id: WebhookId(1),
        owner: Owner::Partner(PartnerId(7)),
        terms: WebhookTerms {
            url: "https://till.example/hooks".into(),
            description: Description::default(),
            kinds: "transaction.failed".parse().unwrap(),
        },
        state: WebhookState::Enabled,
        secrets: Secrets { current: Secret("whsec_one".into()), previous: None },
        health: Health::default(),
        created_at: NOON,
        updated_at: NOON,
    }
}

#[test]
fn a_partner_hears_of_its_own_and_the_operator_of_everything() {
    let (own, others) = (Some(PartnerId(7)), Some(PartnerId(8)));
    for (seller, hears) in [(own, true), (others, false), (None, false)] {
        assert_eq!(Owner::Partner(PartnerId(7)).hears_of(seller), hears, "{seller:?}");
        assert!(Owner::Operator.hears_of(seller));
    }
}

#[test]
fn two_secrets_sign_while_one_is_being_changed() {
    let mut secrets = webhook().secrets;
    let (one, two) = (Secret("whsec_one".into()), Secret("whsec_two".into()));
    secrets.rotate(two.clone(), Duration::DAY, NOON);
    assert_eq!(secrets.at(NOON), [two.clone(), one]);
    assert_eq!(secrets.at(NOON + Duration::DAY), std::slice::from_ref(&two));
    let three = Secret("whsec_three".into());
    secrets.rotate(three.clone(), Duration::ZERO, NOON);
    assert_eq!(secrets.at(NOON), [three], "a secret that leaked ends at once");
}

#[test]
fn one_delivery_is_enough_to_trust_an_endpoint_again() {
    let mut webhook = webhook();
    for round in 1..=8 {
        let now = NOON + Duration::seconds(round);
        assert_eq!(webhook.learn(&[failed(None)], &policy(), now, Jitter(u32::MAX)), None);
        assert_eq!(webhook.health.failing_since, Some(NOON + Duration::SECOND));
        let rests = webhook.health.resume_at.is_some();
        assert_eq!(rests, round >= i64::from(policy().patience), "round {round}");
    }
    webhook.learn(&[failed(None), Answer::Accepted { status: 200 }], &policy(), NOON, Jitter(0));
    assert_eq!(webhook.health, Health::default());
}

#[test]
fn a_receiver_that_asks_for_time_is_left_alone_as_a_whole() {
    let mut webhook = webhook();
    webhook.learn(&[failed(Some(Duration::days(9))), failed(None)], &policy(), NOON, Jitter(0));
    assert_eq!(webhook.health.resume_at, Some(NOON + Duration::HOUR));
}

#[test]
fn an_endpoint_is_disabled_where_it_is_gone_or_has_failed_for_days() {
    let mut gone = webhook();
    let answers = [Answer::Accepted { status: 200 }, Answer::Gone];
    assert_eq!(gone.learn(&answers, &policy(), NOON, Jitter(0)), Some(DisabledReason::Gone));
    assert_eq!(gone.learn(&answers, &policy(), NOON, Jitter(0)), None, "once");

    let mut failing = webhook();
    let days = NOON + policy().disable_after;
    assert_eq!(failing.learn(&[failed(None)], &policy(), NOON, Jitter(0)), None);
    let almost = days - Duration::SECOND;
    assert_eq!(failing.learn(&[failed(None)], &policy(), almost, Jitter(0)), None);
    assert_eq!(failing.learn(&[failed(None)], &policy(), days, Jitter(0)), Some(DisabledReason::Failing));
    assert_eq!((failing.status(), failing.listens()), (WebhookStatus::Disabled, false));

    failing.change(&WebhookChange { enabled: Some(true), ..WebhookChange::default() });
    assert_eq!((failing.state, failing.health), (WebhookState::Enabled, Health::default()));
}

#[test]
fn a_change_leaves_alone_what_it_does_not_say() {
    let mut changed = webhook();
    changed.change(&WebhookChange::default());
    assert_eq!(changed, webhook());
    let kinds = Some(EventKinds::all());
    changed.change(&WebhookChange { kinds, enabled: Some(false), ..WebhookChange::default() });
    assert_eq!(changed.terms.url, webhook().terms.url);
    assert_eq!((changed.terms.kinds.clone(), changed.state), (EventKinds::all(), WebhookState::Paused));
    changed.delete();
    assert_eq!(changed.status(), WebhookStatus::Deleted);
    assert_eq!(changed.secrets.current, Secret(String::new()), "nothing is left to sign with");
}
