//! Orders and their history.

use std::slice::from_ref;

use offers_domain::ids::TransactionId;
use offers_domain::partner::{Answer, Step};
use offers_domain::ports::{Constraint, StoreError};
use offers_domain::settlement::Attempt;
use offers_domain::trace::TraceContext;
use offers_domain::transaction::{
    Failure, FailureKind, Order, Phase, Schedule, State, Status, SubStatus, Transaction, TransactionParts,
};
use time::Duration;
use uuid::Uuid;

use super::StoreHarness;
use super::world::{LEASE, World};
use crate::builders::{NOON, order};

async fn stored<H: StoreHarness>(world: &World<H>, id: TransactionId) -> Transaction {
    let mut found = world.commit(async |unit| unit.lock_transactions(&[id]).await).await;
    (*found.remove(0)).clone()
}

pub async fn every_state_is_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 0).await, world.offer_for(400).await);
    let later = NOON + Duration::seconds(90);
    let failure = |kind| Failure { kind, message: "no line at \"this\" address: é".into() };
    let mut states = vec![
        State::Pending { due: later },
        State::Success { at: later },
        State::Failed { at: later, failure: failure(FailureKind::Refused) },
        State::Failed { at: later, failure: failure(FailureKind::Unavailable) },
    ];
    for phase in Phase::ALL {
        for schedule in [Schedule::Due(later), Schedule::LeasedUntil(later), Schedule::Parked] {
            states.push(State::Processing { phase: *phase, schedule });
        }
    }
    for (number, state) in states.into_iter().enumerate() {
        let id = TransactionId(Uuid::from_u128(number as u128));
        let trace = (number % 3 == 0).then(|| TraceContext::of_order(id));
        let ordered = Order { trace, ..order(anna.user, offer, anna.wallet, 400) };
        let placed = Transaction::place(id, ordered, NOON);
        let written = Transaction::from_parts(TransactionParts {
            state,
            reference: (number % 2 == 0).then(|| format!("partner-{number}")),
            attempt: 7,
            lost_leases: 2,
            updated_at: later,
            ..placed.parts().clone()
        });
        world.commit(async |unit| unit.insert_transactions(from_ref(&written)).await).await;
        assert_eq!(stored(&world, written.id()).await, written);
    }
}

pub async fn an_order_id_is_taken_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let again = Transaction::place(bought.id(), order(anna.user, offer, anna.wallet, 1), NOON);
    let outcome = world.try_commit(async |unit| unit.insert_transactions(from_ref(&again)).await).await;
    assert_eq!(outcome, Err(StoreError::Conflict(Constraint::TransactionId)));
    assert_eq!(stored(&world, bought.id()).await, bought);
}

pub async fn orders_are_locked_once_each_by_ascending_id<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let first = world.buy(anna, world.offer_for(100).await).await;
    let second = world.buy(anna, world.offer_for(100).await).await;
    let unknown = TransactionId(Uuid::from_u128(u128::MAX));
    let ids = [second.id(), unknown, first.id(), second.id()];
    let found = world.commit(async |unit| unit.lock_transactions(&ids).await).await;
    let found: Vec<TransactionId> = found.iter().map(|transaction| transaction.id()).collect();
    assert_eq!(found, [first.id(), second.id()]);
}

pub async fn each_transition_leaves_one_entry_in_the_history<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let (called, ended) = (NOON + Duration::seconds(1), NOON + Duration::seconds(40));
    world.settle_all(Answer::Unknown { reason: "time-out".into() }, called).await;
    world.confirm_all(ended).await;
    let detail = world.queries.transaction(anna.user, bought.id()).await.unwrap().unwrap();
    let history: Vec<_> =
        detail.timeline.iter().map(|entry| (entry.version, entry.sub_status, entry.at)).collect();
    assert_eq!(
        history,
        [
            (1, SubStatus::Queued, NOON),
            (2, SubStatus::Calling, called),
            (3, SubStatus::Unknown, called),
            (4, SubStatus::Unknown, ended),
            (5, SubStatus::Confirmed, ended),
        ]
    );
    assert_eq!(detail.timeline[4].status, Status::Success);
    world.assert_sound().await;
}

pub async fn an_update_from_another_version_is_refused<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let mut stale = bought.clone();
    stale.claim(NOON, LEASE, 5).unwrap();
    world.claim_all(NOON).await;
    let current = stored(&world, bought.id()).await;

    let outcome = world.try_commit(async |unit| unit.update_transactions(from_ref(&stale)).await).await;
    assert!(matches!(outcome, Err(StoreError::Contention(_))), "{outcome:?}");
    assert_eq!(stored(&world, bought.id()).await, current);
    world.assert_sound().await;
}

pub async fn a_final_status_cannot_be_left<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let confirmed = world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    let refused = world.buy(anna, offer).await;
    world.refuse_all(NOON).await;
    for id in [confirmed.id(), refused.id()] {
        let ended = stored(&world, id).await;
        for state in [
            State::Pending { due: NOON },
            State::Processing { phase: Phase::Calling, schedule: Schedule::LeasedUntil(NOON) },
        ] {
            let version = ended.parts().version + 1;
            let parts = TransactionParts { state, version, ..ended.parts().clone() };
            let reopened = [Transaction::from_parts(parts)];
            let outcome = world.try_commit(async |unit| unit.update_transactions(&reopened).await).await;
            assert!(outcome.is_err());
            assert_eq!(stored(&world, id).await, ended);
        }
    }
    world.assert_sound().await;
}

pub async fn calls_of_every_answer_are_kept<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let text = || "x".to_owned();
    let answers = [
        Answer::Confirmed { reference: text() },
        Answer::Pending { reference: text() },
        Answer::Refused { code: text(), message: text() },
        Answer::NotFound,
        Answer::Voided,
        Answer::NotExecuted { reason: text(), retry_after: Some(Duration::SECOND) },
        Answer::Unknown { reason: text() },
    ];
    let steps = Step::ALL.iter().cycle();
    let attempts: Vec<Attempt> = answers
        .into_iter()
        .zip(steps)
        .zip(1..)
        .map(|((answer, step), number)| Attempt {
            transaction: bought.id(),
            number,
            step: *step,
            answer,
            started_at: NOON,
            ended_at: NOON + Duration::SECOND,
        })
        .collect();
    world.commit(async |unit| unit.record_attempts(&attempts).await).await;
}
