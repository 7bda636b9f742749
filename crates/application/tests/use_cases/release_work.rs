//! Giving work back.

use offers_application::release_work::ReleaseWork;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{Locked, StoreError};
use offers_domain::settlement::Claim;
use offers_domain::transaction::Transaction;
use offers_testkit::builders::NOON;
use time::Duration;

use crate::stage::{Stage, placed, unit};

fn claimed(number: u128) -> Transaction {
    let mut transaction = placed(number);
    transaction.claim(NOON, Duration::seconds(30), 5).unwrap();
    transaction
}

/// A unit in which the store has these orders; what it saves goes into the log.
fn holding(stage: &Stage, stored: Vec<Transaction>) -> MockUnitOfWork {
    let mut unit = unit(&stage.log);
    let [locks, updates] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_transactions().returning(move |ids| {
        locks.add(format!("lock {}", ids.len()));
        Ok(stored.iter().cloned().map(Locked::by_store).collect())
    });
    unit.expect_update_transactions().returning(move |rows| {
        let saved: Vec<_> = rows.iter().map(|row| row.sub_status().as_str()).collect();
        updates.note(format!("update {}", saved.join(",")))
    });
    unit
}

async fn release(
    stage: &Stage,
    units: Vec<MockUnitOfWork>,
    held: &[Transaction],
) -> Result<usize, StoreError> {
    let claims: Vec<Claim> = held.iter().map(Claim::on).collect();
    let store = stage.store_of(units);
    ReleaseWork::new(store, stage.announcer(), stage.clock.clone(), stage.ids.clone()).run(&claims).await
}

#[tokio::test]
async fn all_claims_are_given_back_in_one_commit_and_then_the_bell_rings() {
    let stage = Stage::new();
    let held = [claimed(1), claimed(2)];
    assert_eq!(release(&stage, vec![holding(&stage, held.to_vec())], &held).await, Ok(2));
    assert_eq!(
        stage.log.entries(),
        ["begin", "lock 2", "now", "update unknown,unknown", "commit", "put 1,2", "announce 1,2", "ring"]
    );
}

#[tokio::test]
async fn an_order_that_was_settled_meanwhile_is_left_alone() {
    let stage = Stage::new();
    let (held, mut settled) = (claimed(1), claimed(1));
    settled.succeed(1, "R-1".into(), NOON).unwrap();
    assert_eq!(release(&stage, vec![holding(&stage, vec![settled])], &[held]).await, Ok(0));
    assert_eq!(stage.log.entries(), ["begin", "lock 1", "now", "update ", "rollback"]);
}
