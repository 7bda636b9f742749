//! What activation partners said too late.

use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::audit::Reason;
use offers_domain::callback::CallbackOutcome;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentKind, IncidentState, IncidentStatus};
use offers_domain::partner::Answer;
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{Status, Transaction};
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::callbacks::{hear, report};
use super::world::{LEASE, World, all_pages, confirmed, page, refused};
use crate::builders::NOON;

const DEFAULT: ActivationPartner = ActivationPartner::DEFAULT;
const LATER: OffsetDateTime = NOON.saturating_add(Duration::minutes(1));

/// So many orders that failed and of which the partner then said that the service is on.
async fn late_successes<H: StoreHarness>(world: &World<H>, count: usize) -> Vec<Transaction> {
    let anna = world.customer("anna", 100).await;
    let mut failed = Vec::new();
    for number in 0..count {
        let offer = world.offer_for(100).await;
        let order = world.buy(anna, offer).await;
        world.refuse_all(NOON).await;
        let late = report(&format!("msg_{number}"), order.id(), confirmed());
        assert_eq!(hear(world, &[late]).await, [CallbackOutcome::Incident]);
        failed.push(order);
    }
    failed
}

async fn incidents<H: StoreHarness>(world: &World<H>, status: Option<IncidentStatus>) -> Vec<Incident> {
    let read = async |page| world.queries.incidents(status, &page).await.unwrap();
    all_pages(2, |incident: &Incident| incident.id, read).await
}

/// Takes what is due, as the process that voids does.
async fn claim<H: StoreHarness>(world: &World<H>, now: OffsetDateTime) -> Vec<Incident> {
    world
        .commit(async |unit| {
            let mut due = unit.lock_due_incidents(&[DEFAULT], 10, now).await?;
            for incident in &mut due {
                assert!(incident.claim(now, LEASE));
            }
            let claimed: Vec<Incident> = due.iter().map(|incident| (**incident).clone()).collect();
            unit.update_incidents(&claimed).await?;
            Ok(claimed)
        })
        .await
}

async fn settle<H: StoreHarness>(world: &World<H>, claimed: &Incident, answer: &Answer, now: OffsetDateTime) {
    world
        .commit(async |unit| {
            let mut found = unit.lock_incidents(&[claimed.id, IncidentId(987)]).await?;
            assert!(found[0].settle(claimed.attempt, answer, &RetryPolicy::default(), now));
            unit.update_incidents(&[(*found[0]).clone()]).await
        })
        .await;
}

pub async fn a_late_success_is_recorded_once_and_moves_no_money<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let order = late_successes(&world, 1).await.remove(0);
    let again = report("msg_again", order.id(), confirmed());
    assert_eq!(hear(&world, &[again]).await, [CallbackOutcome::Incident]);
    let found = incidents(&world, None).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].transaction, found[0].partner), (order.id(), DEFAULT));
    assert_eq!((found[0].kind, found[0].attempt), (IncidentKind::LateSuccess, 0));
    assert!(found[0].evidence.contains("partner-1"), "{found:?}");
    assert_eq!(world.queries.status(order.id()).await.unwrap().unwrap().status, Status::Failed);
    world.assert_sound().await;
}

pub async fn a_refusal_after_success_is_for_a_person<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 100).await, world.offer_for(100).await);
    let order = world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    assert_eq!(hear(&world, &[report("msg_1", order.id(), refused())]).await, [CallbackOutcome::Incident]);
    let found = incidents(&world, Some(IncidentStatus::NeedsAttention)).await;
    assert_eq!(found.iter().map(|one| one.kind).collect::<Vec<_>>(), [IncidentKind::LateRefusal]);
    assert_eq!(claim(&world, LATER).await, [], "there is nothing to undo");
    assert_eq!(world.queries.backlog().await.unwrap().incidents, 1);
    assert_eq!(world.balance(anna).await, 0);
    world.assert_sound().await;
}

pub async fn an_incident_is_work_until_the_partner_has_undone_it<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    late_successes(&world, 1).await;
    let first = claim(&world, LATER).await.remove(0);
    assert_eq!(claim(&world, LATER + LEASE - Duration::microseconds(1)).await, [], "somebody has it");
    let second = claim(&world, LATER + LEASE).await.remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 2), "its lease was over");

    let now = LATER + LEASE;
    let busy = Answer::NotExecuted { reason: "busy".into(), retry_after: Some(Duration::seconds(20)) };
    settle(&world, &second, &busy, now).await;
    assert_eq!(claim(&world, now + Duration::seconds(19)).await, []);
    let third = claim(&world, now + Duration::seconds(20)).await.remove(0);
    assert_eq!(third.last_answer.as_deref(), Some("not_executed: busy"));
    settle(&world, &third, &Answer::Voided, now + Duration::seconds(20)).await;
    assert_eq!(claim(&world, now + Duration::days(30)).await, []);
    let resolved = incidents(&world, Some(IncidentStatus::Resolved)).await;
    assert_eq!(resolved[0].state, IncidentState::Resolved);
    assert_eq!(world.queries.incident(resolved[0].id).await.unwrap(), Some(resolved[0].clone()));
    assert_eq!(world.queries.incident(IncidentId(987)).await.unwrap(), None);
    world.assert_sound().await;
}

pub async fn two_processes_share_the_incidents<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    late_successes(&world, 3).await;
    let (one, other) = tokio::join!(claim(&world, LATER), claim(&world, LATER));
    let mut ids: Vec<_> = one.iter().chain(&other).map(|incident| incident.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), one.len() + other.len()), (3, 3));
}

pub async fn a_paused_partner_is_asked_to_undo_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    late_successes(&world, 1).await;
    let reason = Reason::try_new("their maintenance").unwrap();
    let pause = ActivationPause { partner: DEFAULT, reason, since: NOON };
    world.commit(async |unit| unit.pause_activation(&pause).await).await;
    assert_eq!(claim(&world, LATER).await, []);
    let other = ["tv-house".parse().unwrap()];
    let due = world.commit(async |unit| unit.lock_due_incidents(&other, 10, LATER).await).await;
    assert_eq!(due, [], "another partner's are not its own");
    world.commit(async |unit| unit.resume_activation(DEFAULT, 500, NOON).await).await;
    assert_eq!(claim(&world, LATER).await.len(), 1);
}

pub async fn incidents_are_listed_newest_first_across_pages<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let orders: Vec<_> = late_successes(&world, 5).await.iter().map(Transaction::id).collect();
    let mut listed: Vec<_> = incidents(&world, None).await.iter().map(|one| one.transaction).collect();
    listed.reverse();
    assert_eq!(listed, orders);
    assert_eq!(incidents(&world, Some(IncidentStatus::Resolved)).await, []);
    let first = world.queries.incidents(Some(IncidentStatus::Voiding), &page(1, None)).await.unwrap();
    assert!(first.has_more);
}
