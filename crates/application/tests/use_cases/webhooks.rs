//! Events are sent with no unit of work open, and settled in one.

use std::sync::Arc;
use std::time::Duration as Wait;

use offers_application::errands::Errands;
use offers_application::webhooks::{DeliverPorts, DeliverWebhooks};
use offers_domain::audit::{Actor, AuditAction};
use offers_domain::ids::{DeliveryId, EventId, WebhookId};
use offers_domain::ports::mocks::{MockUnitOfWork, MockWebhookSender};
use offers_domain::ports::{Locked, Measure};
use offers_domain::webhook::delivery::{
    Answer, Delivery, DeliveryParts, DeliveryPolicy, DeliveryState, DeliveryStatus,
};
use offers_domain::webhook::endpoint::{Description, Health, Owner, Secrets, WebhookState, WebhookTerms};
use offers_domain::webhook::event::{Event, EventKinds};
use offers_domain::webhook::{Secret, Webhook};
use offers_testkit::builders::NOON;
use uuid::Uuid;

use crate::stage::Stage;

fn webhook() -> Webhook {
    Webhook {
        id: WebhookId(1),
        owner: Owner::Operator,
        terms: WebhookTerms {
            url: "https://till.example/".into(),
            description: Description::default(),
            kinds: EventKinds::all(),
        },
        state: WebhookState::Enabled,
        secrets: Secrets { current: Secret("whsec_one".into()), previous: None },
        health: Health::default(),
        created_at: NOON,
        updated_at: NOON,
    }
}

fn delivery(state: DeliveryState, attempt: u32) -> Locked<Delivery> {
    let id = EventId(Uuid::from_u128(5));
    Locked::by_store(Delivery::from_parts(DeliveryParts {
        id: DeliveryId(7),
        webhook: WebhookId(1),
        event: Event { id, happening: None, reference: None, at: NOON },
        state,
        attempt,
        tries: attempt,
        reason: None,
        queued_at: NOON,
        updated_at: NOON,
    }))
}

/// A unit in which one delivery is due; so many are taken.
fn due(stage: &Stage, webhook: Webhook, taken: usize) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_lock_due_deliveries()
        .return_once(|_, _, _| Ok(vec![delivery(DeliveryState::Queued { due: NOON }, 0)]));
    unit.expect_lock_webhooks().return_once(|_| Ok(vec![Locked::by_store(webhook)]));
    unit.expect_update_deliveries()
        .withf(move |saved| {
            saved.len() == taken && saved.iter().all(|one| one.status() == DeliveryStatus::Sending)
        })
        .return_once(|_| Ok(()));
    unit
}

/// A unit that settles it so.
fn settling(stage: &Stage, webhook: Webhook, status: DeliveryStatus, disabled: usize) -> MockUnitOfWork {
    let until = NOON + time::Duration::MINUTE;
    let mut unit = stage.unit();
    unit.expect_lock_deliveries()
        .return_once(move |_| Ok(vec![delivery(DeliveryState::Sending { until }, 1)]));
    unit.expect_lock_webhooks().return_once(|_| Ok(vec![Locked::by_store(webhook)]));
    unit.expect_update_deliveries().withf(move |saved| saved[0].status() == status).return_once(|_| Ok(()));
    unit.expect_update_webhooks().withf(move |saved| saved.len() == disabled).return_once(|_| Ok(()));
    unit.expect_record_webhook_attempts().withf(|log| log.len() == 1).return_once(|_| Ok(()));
    unit.expect_record_audit()
        .withf(move |entries| {
            entries.len() == disabled
                && entries
                    .iter()
                    .all(|entry| (entry.actor, entry.action) == (Actor::System, AuditAction::WebhookDisabled))
        })
        .return_once(|_| Ok(()));
    unit
}

fn deliver<const UNITS: usize>(
    stage: &Stage,
    units: [MockUnitOfWork; UNITS],
    sender: MockWebhookSender,
) -> DeliverWebhooks {
    let ports = DeliverPorts {
        store: stage.store_of(units),
        sender: Arc::new(sender),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
        metrics: stage.counter.clone(),
    };
    DeliverWebhooks::new(ports, DeliveryPolicy::default())
}

#[tokio::test]
async fn an_event_is_sent_between_two_units_and_what_became_of_it_is_written_down() {
    for (answer, status, disabled) in [
        (Answer::Accepted { status: 204 }, DeliveryStatus::Delivered, 0),
        (Answer::Gone, DeliveryStatus::Failed, 1),
    ] {
        let stage = Stage::new();
        let (mut sender, log) = (MockWebhookSender::new(), stage.log.clone());
        sender.expect_send().return_once(move |message| {
            assert_eq!((message.url.as_str(), message.at), ("https://till.example/", NOON));
            assert_eq!(message.secrets, [Secret("whsec_one".into())]);
            log.add("send");
            answer
        });
        let units = [due(&stage, webhook(), 1), settling(&stage, webhook(), status, disabled)];
        let deliver = deliver(&stage, units, sender);
        let mut taken = deliver.take(10).await.unwrap();
        let done = deliver.carry_out(taken.remove(0)).await;
        assert!(done.attempt.took.unsigned_abs() < Wait::from_secs(1));
        deliver.settle(&[done]).await.unwrap();
        let trail = (disabled > 0).then_some("audit webhook_disabled");
        let log =
            ["begin", "now", "commit", "send", "begin", "now"].into_iter().chain(trail).chain(["commit"]);
        assert_eq!(stage.log.entries(), log.collect::<Vec<_>>());
        assert_eq!(stage.counter.measures(), [Measure::DeliverySettled { status }]);
    }
}

#[tokio::test]
async fn the_answer_of_an_address_says_nothing_about_the_one_that_replaced_it() {
    let stage = Stage::new();
    let mut sender = MockWebhookSender::new();
    sender.expect_send().return_once(|_| Answer::Gone);
    let mut moved = webhook();
    moved.terms.url = "https://new-till.example/".into();
    let units = [due(&stage, webhook(), 1), settling(&stage, moved, DeliveryStatus::Failed, 0)];
    let deliver = deliver(&stage, units, sender);
    let mut taken = deliver.take(10).await.unwrap();
    let done = deliver.carry_out(taken.remove(0)).await;
    deliver.settle(&[done]).await.unwrap();
}

#[tokio::test]
async fn nothing_is_taken_for_an_endpoint_that_was_stopped_meanwhile() {
    let (mut paused, mut resting) = (webhook(), webhook());
    paused.state = WebhookState::Paused;
    resting.health.resume_at = Some(NOON + time::Duration::MINUTE);
    for stopped in [paused, resting] {
        let stage = Stage::new();
        let deliver = deliver(&stage, [due(&stage, stopped, 0)], MockWebhookSender::new());
        assert_eq!(deliver.take(10).await.unwrap(), []);
        assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
    }
}
