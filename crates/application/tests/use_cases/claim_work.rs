//! Taking work.

use offers_application::claim_work::{ClaimPorts, ClaimWork, Claimed};
use offers_domain::partner::Step;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{DueTransactions, Locked, Measure, StoreError, UnreadableTransaction};
use offers_domain::retry::RetryPolicy;
use offers_domain::transaction::{Phase, Schedule, State, SubStatus, Transaction, TransactionParts};
use offers_testkit::builders::{NOON, places};
use time::Duration;

use crate::stage::{Stage, id, placed, unit};

/// An order that four workers in a row have vanished with.
fn poison(number: u128) -> Transaction {
    let state = State::Processing { phase: Phase::Unknown, schedule: Schedule::LeasedUntil(NOON) };
    let parts = placed(number).parts().clone();
    Transaction::from_parts(TransactionParts { state, attempt: 5, lost_leases: 4, version: 6, ..parts })
}

fn readable(orders: Vec<Transaction>) -> DueTransactions {
    DueTransactions { readable: orders.into_iter().map(Locked::by_store).collect(), unreadable: Vec::new() }
}

/// A unit with this work; what it saves goes into the log, by sub-status.
fn work(stage: &Stage, due: Vec<Transaction>) -> MockUnitOfWork {
    let mut unit = unit(&stage.log);
    let [locks, updates] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_due_transactions().returning(move |places, now| {
        let free: usize = places.iter().map(|places| places.free).sum();
        locks.add(format!("lock_due {free}"));
        assert_eq!(now, NOON, "the store's time");
        Ok(readable(due.clone()))
    });
    unit.expect_update_transactions().returning(move |rows| {
        let saved: Vec<_> = rows.iter().map(|row| row.sub_status().as_str()).collect();
        updates.add(format!("update {}", saved.join(",")));
        Ok(())
    });
    unit
}

fn use_case(stage: &Stage, units: Vec<MockUnitOfWork>) -> ClaimWork {
    let ports = ClaimPorts {
        store: stage.store_of(units),
        announcer: stage.announcer(),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
        metrics: stage.counter.clone(),
    };
    ClaimWork::new(ports, RetryPolicy::default())
}

async fn claim(stage: &Stage, units: Vec<MockUnitOfWork>) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = Vec::new();
    let taken = use_case(stage, units).run(&places(8), |order| claimed.push(order)).await?;
    assert_eq!(taken, claimed.len());
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
    lost.expect_lock_due_transactions().returning(|_, _| Ok(readable(vec![placed(1)])));
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

/// A unit at this time with so many orders. The log tells from which second on it looked, beginning with NOON.
fn look(stage: &Stage, second: f64, found: u128) -> MockUnitOfWork {
    let mut unit = MockUnitOfWork::new();
    let (log, now) = (stage.log.clone(), NOON + Duration::seconds_f64(second));
    unit.expect_now().returning(move || Ok(now));
    unit.expect_lock_due_transactions().returning(move |places, _| {
        log.add(match places[0].since {
            Some(since) => format!("from {}", (since - NOON).as_seconds_f64()),
            None => "all".to_owned(),
        });
        Ok(readable((1..=found).map(placed).collect()))
    });
    unit.expect_update_transactions().returning(|_| Ok(()));
    unit.expect_commit().returning(|| Ok(()));
    unit.expect_rollback().returning(|| Ok(()));
    unit
}

async fn looks(places_free: usize, looks: &[(f64, u128)]) -> Vec<String> {
    let stage = Stage::new();
    let units = looks.iter().map(|(second, found)| look(&stage, *second, *found)).collect();
    let claim = use_case(&stage, units);
    for _ in looks {
        claim.run(&places(places_free), drop).await.unwrap();
    }
    let entries = stage.log.entries();
    entries.into_iter().filter(|entry| entry == "all" || entry.starts_with("from ")).collect()
}

#[tokio::test]
async fn a_look_begins_shortly_before_the_last_one_that_left_nothing_and_once_a_second_at_the_head() {
    let seen = looks(8, &[(0.0, 2), (0.5, 0), (0.75, 1), (1.0, 0), (1.25, 0)]).await;
    assert_eq!(seen, ["all", "from -0.25", "from 0.25", "all", "from 0.75"]);
}

#[tokio::test]
async fn where_all_places_were_taken_more_may_wait_at_the_head() {
    let seen = looks(2, &[(0.0, 2), (0.25, 1), (0.5, 2), (0.75, 0)]).await;
    assert_eq!(seen, ["all", "all", "from 0", "all"]);
}

#[tokio::test]
async fn a_clock_that_was_set_back_begins_anew() {
    assert_eq!(looks(8, &[(0.0, 0), (0.5, 0), (-60.0, 0)]).await, ["all", "from -0.25", "all"]);
}

/// What the program logs while it runs on this thread.
#[derive(Clone, Default)]
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_counted_at_each_look_at_the_whole_list_and_logged_once() {
    let (stage, lines) = (Stage::new(), Lines::default());
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let looks = [&[1][..], &[1], &[1, 2], &[]];
    let units = looks.map(|orders| {
        let bad = |number: &u128| UnreadableTransaction { id: id(*number), reason: "amount is NaN".into() };
        let unreadable: Vec<_> = orders.iter().map(bad).collect();
        let mut unit = unit(&stage.log);
        unit.expect_lock_due_transactions().returning(move |_, _| {
            Ok(DueTransactions { unreadable: unreadable.clone(), ..readable(vec![placed(7)]) })
        });
        unit.expect_update_transactions().returning(|_| Ok(()));
        unit
    });
    let claim = use_case(&stage, units.into());
    for _ in looks {
        assert_eq!(claim.run(&places(8), drop).await, Ok(1), "the others are worked on");
    }
    assert_eq!(
        stage.counter.measures(),
        [Measure::WorkListRead { unreadable: 1 }],
        "all looks but one see a part"
    );
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for number in [1, 2] {
        assert_eq!(log.matches(&id(number).to_string()).count(), 1, "{log}");
    }
}
