//! Scheduled work.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use offers_application::housekeeping::{
    Housekeeping, KEEP_CALLBACKS, KEEP_EVENTS, KEEP_NOTICES, KEEP_RECORDS, KEEP_SESSIONS,
};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{
    Backlog, DeliveryBacklog, Difference, LedgerCheck, LedgerReport, Measure, NoticeBacklog, OpenOrders,
    StoreError,
};
use offers_domain::transaction::SubStatus;
use offers_testkit::builders::NOON;

use crate::queries::MockQueries;
use crate::stage::Stage;

fn housekeeping(stage: &Stage, queries: MockQueries, units: Vec<MockUnitOfWork>) -> Housekeeping {
    Housekeeping {
        store: stage.store_of(units),
        queries: Arc::new(queries),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
        metrics: stage.counter.clone(),
        partners: vec![ActivationPartner::DEFAULT],
        strangers: AtomicU64::default(),
    }
}

#[tokio::test]
async fn records_are_kept_for_72_hours_ended_sessions_for_30_days_and_notices_for_90() {
    let stage = Stage::new();
    let units = vec![
        records_unit(&stage, Ok(3)),
        sessions_unit(&stage, Ok(2)),
        notices_unit(&stage, Ok(1)),
        callbacks_unit(&stage, Ok(4)),
        events_unit(&stage, Ok(5)),
    ];
    assert_eq!(housekeeping(&stage, MockQueries::new(), units).purge().await, Ok(()));
    assert_eq!(stage.log.entries(), ["begin", "commit"].repeat(5));
    assert_eq!(KEEP_CALLBACKS.whole_days(), 30);
    let days = (KEEP_SESSIONS.whole_days(), KEEP_NOTICES.whole_days());
    assert_eq!((KEEP_RECORDS.whole_hours(), days), (72, (30, 90)));
}

/// A unit that is asked for a chunk of records.
fn records_unit(stage: &Stage, purged: Result<usize, StoreError>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_purge_records()
        .withf(|limit, at_most| *limit == NOON - KEEP_RECORDS && *at_most == 1000)
        .return_once(|_, _| purged);
    unit
}

/// A unit that is asked for a chunk of sessions.
fn sessions_unit(stage: &Stage, purged: Result<usize, StoreError>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_purge_sessions()
        .withf(|limit, at_most| *limit == NOON - KEEP_SESSIONS && *at_most == 1000)
        .return_once(|_, _| purged);
    unit
}

/// A unit that is asked for a chunk of notices.
fn notices_unit(stage: &Stage, purged: Result<usize, StoreError>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_purge_notices()
        .withf(|limit, at_most| *limit == NOON - KEEP_NOTICES && *at_most == 1000)
        .return_once(|_, _| purged);
    unit
}

/// A unit that is asked for a chunk of reports.
fn callbacks_unit(stage: &Stage, purged: Result<usize, StoreError>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_purge_callbacks()
        .withf(|limit, at_most| *limit == NOON - KEEP_CALLBACKS && *at_most == 1000)
        .return_once(|_, _| purged);
    unit
}

/// A unit that is asked for a chunk of events.
fn events_unit(stage: &Stage, purged: Result<usize, StoreError>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_purge_events()
        .withf(|limit, at_most| *limit == NOON - KEEP_EVENTS && *at_most == 1000)
        .return_once(|_, _| purged);
    unit
}

#[tokio::test]
async fn what_is_old_is_purged_in_chunks_each_a_unit_of_its_own() {
    let stage = Stage::new();
    let records = [Ok(1000), Ok(1000), Ok(0)].map(|purged| records_unit(&stage, purged));
    let sessions = [Ok(1000), Ok(999)].map(|purged| sessions_unit(&stage, purged));
    let notices = [notices_unit(&stage, Ok(0)), callbacks_unit(&stage, Ok(0)), events_unit(&stage, Ok(0))];
    let units = records.into_iter().chain(sessions).chain(notices).collect();
    assert_eq!(housekeeping(&stage, MockQueries::new(), units).purge().await, Ok(()));
    assert_eq!(stage.log.count("commit"), 8);
}

#[tokio::test]
async fn a_chunk_that_fails_leaves_the_chunks_before_it_purged() {
    let stage = Stage::new();
    let down = StoreError::Unavailable("down".into());
    let units = [Ok(1000), Err(down.clone())].map(|purged| records_unit(&stage, purged)).into();
    assert_eq!(housekeeping(&stage, MockQueries::new(), units).purge().await, Err(down));
    assert_eq!(stage.log.entries(), ["begin", "commit", "begin", "rollback"]);
}

#[tokio::test]
async fn the_backlogs_are_measured_with_the_age_of_their_oldest() {
    for (oldest, waited) in [
        (None, Duration::ZERO),
        (Some(NOON - time::Duration::MINUTE), Duration::from_mins(1)),
        (Some(NOON + time::Duration::MINUTE), Duration::ZERO),
    ] {
        let stage = Stage::new();
        let mut queries = MockQueries::new();
        let queued = |oldest| OpenOrders { sub_status: SubStatus::Queued, orders: 3, oldest };
        let backlog = Backlog { orders: oldest.map(queued).into_iter().collect(), incidents: 2 };
        queries.expect_backlog().return_once(move || Ok(backlog));
        let open = vec![(ActivationPartner::DEFAULT, 2), ("newer-than-us".parse().unwrap(), 1)];
        queries.expect_open_orders().return_once(move || Ok(open));
        queries.expect_notice_backlog().return_once(move || Ok(NoticeBacklog { open: 7, oldest }));
        queries.expect_delivery_backlog().return_once(move || Ok(DeliveryBacklog { open: 5, oldest }));
        queries.expect_last_check().return_once(|| Ok(None));
        assert_eq!(housekeeping(&stage, queries, Vec::new()).measure().await, Ok(()));
        let orders = if oldest.is_some() { 3 } else { 0 };
        let waiting = |sub_status, orders, oldest| Measure::OpenOrders { sub_status, orders, oldest };
        let measured = stage.counter.measures();
        assert_eq!(measured[0], waiting(SubStatus::Queued, orders, waited));
        assert_eq!(
            measured[1],
            waiting(SubStatus::Calling, 0, Duration::ZERO),
            "what nothing stands at is zero"
        );
        assert_eq!(measured.len(), 10, "one for each of seven ways to be open, and three more");
        let others = [
            Measure::PartnerBacklog { incidents: 2, unknown: 1 },
            Measure::NoticeBacklog { open: 7, oldest: waited },
            Measure::DeliveryBacklog { open: 5, oldest: waited },
        ];
        assert_eq!(measured[7..], others);
    }
}

#[tokio::test]
async fn every_scheduler_says_what_the_last_check_of_the_ledger_found() {
    let stage = Stage::new();
    let mut queries = MockQueries::new();
    queries.expect_backlog().return_once(|| Ok(Backlog::default()));
    queries.expect_open_orders().return_once(|| Ok(Vec::new()));
    queries.expect_notice_backlog().return_once(|| Ok(NoticeBacklog { open: 0, oldest: None }));
    queries.expect_delivery_backlog().return_once(|| Ok(DeliveryBacklog { open: 0, oldest: None }));
    let (at, differences) = (NOON - time::Duration::HOUR, 2);
    let check =
        LedgerCheck { at, accounts: 9, transfers: 9, transactions: 9, differences, sentences: Vec::new() };
    queries.expect_last_check().return_once(|| Ok(Some(check)));
    assert_eq!(housekeeping(&stage, queries, Vec::new()).measure().await, Ok(()));
    assert_eq!(stage.counter.measures().last(), Some(&Measure::LedgerChecked { differences, at }));
}

#[tokio::test]
async fn the_differences_of_the_ledger_are_counted_and_told() {
    let detail = "account 101: 5.00 expected, 4.00 found".to_owned();
    let broken = Difference { rule: "balance_identity", detail };
    for differences in [vec![], vec![broken]] {
        let stage = Stage::new();
        let report = LedgerReport { differences: differences.clone(), ..LedgerReport::default() };
        let mut queries = MockQueries::new();
        let found = report.clone();
        queries.expect_verify_ledger().return_once(move || Ok(found));
        let mut unit = stage.unit();
        let log = stage.log.clone();
        unit.expect_record_check()
            .returning(move |report, _| log.note(format!("keep {}", report.differences.len())));
        assert_eq!(housekeeping(&stage, queries, vec![unit]).verify().await, Ok(report));
        assert_eq!(
            stage.counter.measures(),
            [Measure::LedgerChecked { differences: differences.len() as u64, at: NOON }]
        );
        let kept = format!("keep {}", differences.len());
        assert_eq!(stage.log.entries(), ["begin", "now", kept.as_str(), "commit"]);
    }
}

#[tokio::test]
async fn a_check_that_could_not_run_is_not_counted_as_clean() {
    let stage = Stage::new();
    let down = StoreError::Unavailable("down".into());
    let mut queries = MockQueries::new();
    let error = down.clone();
    queries.expect_verify_ledger().return_once(move || Err(error));
    assert_eq!(housekeeping(&stage, queries, Vec::new()).verify().await, Err(down));
    assert_eq!(stage.counter.measures(), []);
}
