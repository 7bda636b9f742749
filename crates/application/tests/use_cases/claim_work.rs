//! Taking work.

use offers_application::claim_work::{ClaimWork, Claimed};
use offers_domain::partner::Step;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{Locked, StoreError};
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{Phase, Schedule, State, SubStatus, Transaction, TransactionParts};
use offers_testkit::builders::NOON;

use crate::stage::{Stage, id, placed, unit};

/// An order that four workers in a row have vanished with.
fn poison(number: u128) -> Transaction {
    let state = State::Processing { phase: Phase::Unknown, schedule: Schedule::LeasedUntil(NOON) };
    let parts = placed(number).parts().clone();
    Transaction::from_parts(TransactionParts { state, attempt: 5, lost_leases: 4, version: 6, ..parts })
}

/// A unit with this work; what it saves goes into the log, by sub-status.
fn work(stage: &Stage, due: Vec<Transaction>) -> MockUnitOfWork {
    let mut unit = unit(&stage.log);
    let [locks, updates] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_due_transactions().returning(move |limit, now| {
        locks.add(format!("lock_due {limit}"));
        assert_eq!(now, NOON, "the store's time");
        Ok(due.iter().cloned().map(Locked::by_store).collect())
    });
    unit.expect_update_transactions().returning(move |rows| {
        let saved: Vec<_> = rows.iter().map(|row| row.sub_status().as_str()).collect();
        updates.add(format!("update {}", saved.join(",")));
        Ok(())
    });
    unit
}

async fn claim(stage: &Stage, units: Vec<MockUnitOfWork>) -> Result<Vec<Claimed>, StoreError> {
    let store = stage.store_of(units);
    let policy = RetryPolicy::default();
    let claim = ClaimWork::new(store, stage.announcer(), stage.clock.clone(), stage.ids.clone(), policy);
    let mut claimed = Vec::new();
    assert_eq!(claim.run(8, |order| claimed.push(order)).await?, claimed.len());
    Ok(claimed)
}

#[tokio::test]
async fn claims_are_committed_before_anybody_hears_of_them() {
    let stage = Stage::new();
    let claimed = claim(&stage, vec![work(&stage, vec![placed(1), placed(2)])]).await.unwrap();
    let taken: Vec<_> = claimed
        .iter()
        .map(|claimed| (claimed.transaction.id(), claimed.step, claimed.transaction.attempt()))
        .collect();
    assert_eq!(taken, [(id(1), Step::Activate, 1), (id(2), Step::Activate, 1)]);
    assert_eq!(
        stage.log.entries(),
        ["begin", "now", "lock_due 8", "update calling,calling", "commit", "put 1,2", "announce 1,2"]
    );
}

#[tokio::test]
async fn a_poison_order_is_parked_and_does_not_hold_up_the_others() {
    let stage = Stage::new();
    let claimed = claim(&stage, vec![work(&stage, vec![poison(1), placed(2)])]).await.unwrap();
    let taken: Vec<_> = claimed.iter().map(|claimed| claimed.transaction.sub_status()).collect();
    assert_eq!(taken, [SubStatus::Calling]);
    assert_eq!(
        stage.log.entries()[3..],
        ["update needs_attention,calling", "commit", "put 1,2", "announce 1,2"]
    );
}

#[tokio::test]
async fn no_work_is_rolled_back_and_announced_to_nobody() {
    let stage = Stage::new();
    assert_eq!(claim(&stage, vec![work(&stage, Vec::new())]).await, Ok(Vec::new()));
    assert_eq!(stage.log.entries(), ["begin", "now", "lock_due 8", "update ", "rollback"]);
}

#[tokio::test]
async fn claims_whose_commit_is_in_doubt_are_left_to_their_leases() {
    let stage = Stage::new();
    let unknown = StoreError::OutcomeUnknown("connection lost".into());
    let error = unknown.clone();
    let mut lost = MockUnitOfWork::new();
    lost.expect_now().returning(|| Ok(NOON));
    lost.expect_lock_due_transactions().returning(|_, _| Ok(vec![Locked::by_store(placed(1))]));
    lost.expect_update_transactions().returning(|_| Ok(()));
    lost.expect_commit().return_once(move || Err(error));
    assert_eq!(claim(&stage, vec![lost]).await, Err(unknown));
    assert_eq!(stage.log.entries(), ["begin"]);
}

#[tokio::test(start_paused = true)]
async fn a_contended_claim_is_tried_again_on_what_is_then_there() {
    let stage = Stage::new();
    let mut contended = unit(&stage.log);
    contended
        .expect_lock_due_transactions()
        .returning(|_, _| Err(StoreError::Contention("a busy writer".into())));
    let claimed = claim(&stage, vec![contended, work(&stage, vec![placed(1)])]).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert_eq!((stage.log.count("rollback"), stage.log.count("commit")), (1, 1));
}
