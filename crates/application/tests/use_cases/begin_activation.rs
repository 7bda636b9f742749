//! Taking an order.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::poll;
use offers_application::begin_activation::{BeginActivation, BeginActivationError, NewOrder, OrderBatch};
use offers_application::group_commit::{LaneSettings, SubmitError};
use offers_domain::activation::{OrderRefusal, Payer, Placed, Wish};
use offers_domain::idempotency::{IdempotencyRecord, StoredResponse};
use offers_domain::ids::SessionId;
use offers_domain::ledger::Transfer;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::ports::{Constraint, Measure, Store, StoreError, UnitOfWork};
use offers_domain::transaction::Channel;
use offers_testkit::builders::{NOON, handle, offer};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::stage::{ANNA, FIBRE, Lanes, Log, Stage, id, unit, wallet};

/// Longer than anything here is meant to wait.
const PATIENT: Duration = Duration::from_mins(1);
/// The login that Anna orders by.
const LOGIN: SessionId = SessionId(Uuid::from_u128(1));
const KEY_TAKEN: StoreError = StoreError::Conflict(Constraint::IdempotencyKey);

fn wish(key: Option<&str>) -> NewOrder {
    NewOrder {
        user: ANNA,
        session: Some(LOGIN),
        wish: Wish::Buy(FIBRE),
        payer: Payer::Wallet,
        channel: Channel::Customer,
        handle: key.map(|key| handle(ANNA, key, 0)),
        trace: None,
        respond: |order| StoredResponse { status: 202, body: order.id().to_string() },
    }
}

fn record(number: u128, key: &str) -> IdempotencyRecord {
    let response = StoredResponse { status: 202, body: id(number).to_string() };
    IdempotencyRecord { handle: handle(ANNA, key, 0), transaction: id(number), response, created_at: NOON }
}

/// A unit in which Anna's wallet holds `balance` and fibre costs 20 euros; every load is written into the log.
fn loaded(log: &Log, balance: i64, records: Vec<IdempotencyRecord>) -> MockUnitOfWork {
    let mut unit = unit(log);
    let [wallets, sessions, found, offers, holdings] = std::array::from_fn(|_| log.clone());
    unit.expect_lock_wallets().returning(move |users| {
        wallets.add("lock_wallets");
        assert_eq!(users, [ANNA]);
        Ok(vec![wallet(ANNA, balance)])
    });
    unit.expect_live_sessions().returning(move |asked, _| {
        sessions.add("live_sessions");
        Ok(asked.iter().copied().collect())
    });
    unit.expect_find_records().returning(move |_| {
        found.add("find_records");
        Ok(records.clone())
    });
    unit.expect_offers().returning(move |_| {
        offers.add("offers");
        Ok(vec![offer(FIBRE.0, 2000)])
    });
    unit.expect_renewables().returning(|_| Ok(Vec::new()));
    unit.expect_count_user_offers().returning(|_| Ok(Vec::new()));
    unit.expect_lock_stocks().returning(|_| Ok(Vec::new()));
    unit.expect_update_stocks().returning(|_| Ok(()));
    unit.expect_holdings().returning(move |_, _| {
        holdings.add("holdings");
        Ok(Vec::new())
    });
    unit
}

/// The same, with its writes in the log.
fn order_unit(log: &Log, balance: i64, records: Vec<IdempotencyRecord>) -> MockUnitOfWork {
    let mut unit = loaded(log, balance, records);
    let [records, transactions, user_offers, transfers] = std::array::from_fn(|_| log.clone());
    unit.expect_insert_records()
        .returning(move |rows| records.note(format!("insert_records {}", rows.len())));
    unit.expect_insert_transactions()
        .returning(move |rows| transactions.note(format!("insert_transactions {}", rows.len())));
    unit.expect_insert_user_offers()
        .returning(move |rows| user_offers.note(format!("insert_user_offers {}", rows.len())));
    unit.expect_apply_transfers()
        .returning(move |rows: &[Transfer], _| transfers.note(format!("apply_transfers {}", rows.len())));
    unit
}

/// A unit that another unit's commit of the same key makes useless.
fn late_unit(log: &Log) -> MockUnitOfWork {
    let mut unit = loaded(log, 2000, Vec::new());
    unit.expect_insert_records().returning(|_| Err(KEY_TAKEN));
    unit
}

fn use_case(stage: &Stage, store: Arc<dyn Store>) -> (BeginActivation, Lanes) {
    let (orders, lanes) = stage.lanes(OrderBatch::default(), store, LaneSettings::default());
    (BeginActivation::new(orders, stage.ids.clone(), stage.counter.clone()), lanes)
}

/// Runs one wish and lets the lane finish what follows the commit.
async fn run(stage: &Stage, store: Arc<dyn Store>, wish: NewOrder) -> Result<Placed, BeginActivationError> {
    let (begin, lanes) = use_case(stage, store);
    let placed = begin.run(wish).await;
    drop(begin);
    lanes.finished().await;
    placed
}

#[tokio::test]
async fn the_wallet_is_locked_before_anything_is_read_and_everything_is_announced_after_the_commit() {
    let stage = Stage::new();
    let store = stage.store_of([order_unit(&stage.log, 2000, Vec::new())]);
    let placed = run(&stage, store, wish(Some("k"))).await;
    assert!(matches!(placed, Ok(Placed::Fresh(order)) if order.id() == id(1)));
    assert_eq!(
        stage.log.entries(),
        [
            "begin",
            "now",
            "lock_wallets",
            "live_sessions",
            "find_records",
            "offers",
            "holdings",
            "insert_records 1",
            "insert_transactions 1",
            "insert_user_offers 1",
            "apply_transfers 1",
            "commit",
            "ring",
            "put 1",
        ]
    );
    assert!(stage.counter.measures().contains(&Measure::OrderPlaced));
}

#[tokio::test]
async fn a_refused_order_is_rolled_back_and_announced_to_nobody() {
    let stage = Stage::new();
    let store = stage.store_of([order_unit(&stage.log, 1999, Vec::new())]);
    let placed = run(&stage, store, wish(None)).await;
    assert_eq!(placed, Err(BeginActivationError::Refused(OrderRefusal::InsufficientBalance)));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
    assert!(stage.counter.measures().contains(&Measure::OrderRefused));
    assert!(!stage.counter.measures().contains(&Measure::OrderPlaced));
}

#[tokio::test]
async fn a_replay_writes_and_announces_nothing() {
    let stage = Stage::new();
    let store = stage.store_of([order_unit(&stage.log, 0, vec![record(9, "k")])]);
    let placed = run(&stage, store, wish(Some("k"))).await;
    assert!(matches!(placed, Ok(Placed::Replayed { transaction, .. }) if transaction == id(9)));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
}

#[tokio::test]
async fn a_double_click_with_one_key_gets_one_order_and_its_answer_again() {
    let stage = Stage::new();
    let store = stage.store_of([order_unit(&stage.log, 9000, Vec::new())]);
    let (begin, _lanes) = use_case(&stage, store);
    let (first, second) = tokio::join!(begin.run(wish(Some("k"))), begin.run(wish(Some("k"))));
    let Ok(Placed::Fresh(order)) = first else { panic!("{first:?}") };
    let response = StoredResponse { status: 202, body: order.id().to_string() };
    assert_eq!(second, Ok(Placed::Replayed { transaction: order.id(), response }));
}

/// A store in which nothing ever begins.
struct Hanging;

#[async_trait]
impl Store for Hanging {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_request_with_the_key_of_one_that_hangs_is_told_so_after_two_seconds() {
    let stage = Stage::new();
    let (begin, _lanes) = use_case(&stage, Arc::new(Hanging));
    let mut first = pin!(begin.run(wish(Some("k"))));
    assert!(poll!(&mut first).is_pending());

    let asked = Instant::now();
    let second = timeout(PATIENT, begin.run(wish(Some("k")))).await;
    assert_eq!(second, Ok(Err(BeginActivationError::KeyInUse)));
    assert_eq!(asked.elapsed(), Duration::from_secs(2));

    for (name, other) in [("no key", wish(None)), ("another key", wish(Some("other")))] {
        assert!(timeout(PATIENT, begin.run(other)).await.is_err(), "{name} just waits");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_another_process_has_just_committed_is_found_and_replayed() {
    let stage = Stage::new();
    let found = order_unit(&stage.log, 2000, vec![record(9, "k")]);
    let store = stage.store_of([late_unit(&stage.log), found]);
    let placed = run(&stage, store, wish(Some("k"))).await;
    assert!(matches!(placed, Ok(Placed::Replayed { transaction, .. }) if transaction == id(9)));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_stays_taken_and_is_never_found_is_in_use() {
    let stage = Stage::new();
    let log = stage.log.clone();
    let store = stage.store(move || Ok(late_unit(&log)));
    let placed = run(&stage, store, wish(Some("k"))).await;
    assert_eq!(placed, Err(BeginActivationError::KeyInUse));
    assert_eq!((stage.log.count("begin"), stage.log.count("rollback")), (4, 4));
}

#[tokio::test]
async fn a_store_that_is_down_is_told_to_the_caller() {
    let stage = Stage::new();
    let down = StoreError::Unavailable("down".into());
    let error = down.clone();
    let store = stage.store(move || Err(error.clone()));
    let placed = run(&stage, store, wish(None)).await;
    assert_eq!(placed, Err(BeginActivationError::NotRun(SubmitError::Store(down))));
}
