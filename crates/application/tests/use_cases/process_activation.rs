//! Working on a claimed order: call, then settle.

use std::sync::Arc;

use offers_application::claim_work::Claimed;
use offers_application::group_commit::{LaneSettings, SubmitError};
use offers_application::process_activation::{ProcessActivation, ProcessError, ProcessPorts};
use offers_application::settle_activation::SettleBatch;
use offers_domain::auto_renew::AutoRenew;
use offers_domain::ids::UserOfferId;
use offers_domain::ledger::TransferKind;
use offers_domain::notice::NoticeChannels;
use offers_domain::partner::{Answer, Step};
use offers_domain::ports::mocks::{MockActivationGateway, MockUnitOfWork, MockWakeUp};
use offers_domain::ports::{Locked, Measure, Store, StoreError};
use offers_domain::retry::RetryPolicy;
use offers_domain::settlement::SettleError;
use offers_domain::transaction::{ClaimOutcome, Status, SubStatus, Transaction, TransitionError};
use offers_domain::user_offer::{UserOffer, UserOfferState};
use offers_testkit::builders::NOON;
use time::Duration;

use crate::stage::{ANNA, FIBRE, Stage, WALLET, placed, unit, wallet};

const LEASE: Duration = Duration::seconds(30);

fn claimed() -> Claimed {
    let mut transaction = placed(1);
    let Ok(ClaimOutcome::Call(step)) = transaction.claim(NOON, LEASE, 5) else { panic!("not due") };
    Claimed { transaction, step }
}

/// A claim, so long after the order, that follows one whose worker vanished.
fn to_be_asked_about(after: Duration) -> Claimed {
    let mut transaction = claimed().transaction;
    transaction.claim(NOON + after, LEASE, 5).unwrap();
    Claimed { transaction, step: Step::Query }
}

fn confirmed() -> Answer {
    Answer::Confirmed { reference: "R-1".into() }
}

fn unknown() -> Answer {
    Answer::Unknown { reason: "time-out".into() }
}

/// A partner that answers each kind of call with one answer.
fn partner(stage: &Stage, activate: Answer, query: Answer, void: Answer) -> MockActivationGateway {
    let mut gateway = MockActivationGateway::new();
    let [activated, queried, voided] = std::array::from_fn(|_| stage.log.clone());
    gateway.expect_activate().returning(move |_| {
        activated.add("activate");
        activate.clone()
    });
    gateway.expect_query().returning(move |_| {
        queried.add("query");
        query.clone()
    });
    gateway.expect_void().returning(move |_| {
        voided.add("void");
        void.clone()
    });
    gateway
}

const EMAIL: NoticeChannels = NoticeChannels { email: true, sms: false };

/// A unit with this order, its empty wallet and its pending subscription; locks and writes go into the log.
fn settle_unit(stage: &Stage, stored: &Transaction) -> MockUnitOfWork {
    let mut unit = unit(&stage.log);
    let (row, id) = (Locked::by_store(stored.clone()), stored.id());
    let [accounts, orders, user_offers] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_accounts().returning(move |ids| {
        accounts.add(format!("lock_accounts {}", ids.len()));
        Ok(if ids == [WALLET] { vec![wallet(ANNA, 0)] } else { Vec::new() })
    });
    unit.expect_lock_transactions().returning(move |_| {
        orders.add("lock_transactions");
        Ok(vec![row.clone()])
    });
    unit.expect_lock_user_offers().returning(move |refs| {
        user_offers.add(format!("lock_user_offers {}", refs.len()));
        let opened = UserOffer {
            id: UserOfferId(1),
            user: ANNA,
            offer: FIBRE,
            transaction: id,
            state: UserOfferState::Pending,
            auto_renew: AutoRenew::Off,
        };
        Ok(refs.iter().map(|pointer| (*pointer, Locked::by_store(opened))).collect())
    });
    unit.expect_lock_stocks().returning(|_| Ok(Vec::new()));
    unit.expect_update_stocks().returning(|_| Ok(()));
    let [updated, recorded, changed, refunded, told, written] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_update_transactions()
        .returning(move |rows| updated.note(format!("update_transactions {}", rows.len())));
    unit.expect_record_attempts()
        .returning(move |rows| recorded.note(format!("record_attempts {}", rows.len())));
    unit.expect_update_user_offers()
        .returning(move |rows, _| changed.note(format!("update_user_offers {}", rows.len())));
    unit.expect_apply_transfers().returning(move |rows, _| {
        assert!(rows.iter().all(|transfer| transfer.kind == TransferKind::Refund));
        refunded.note(format!("refund {}", rows.len()))
    });
    unit.expect_insert_incidents().returning(|_| Ok(()));
    unit.expect_insert_notices()
        .returning(move |rows, _| told.note(format!("insert_notices {}", rows.len())));
    unit.expect_record_events()
        .returning(move |rows, _| written.note(format!("record_events {}", rows.len())));
    unit
}

async fn run(
    stage: &Stage,
    gateway: MockActivationGateway,
    store: Arc<dyn Store>,
    claimed: Claimed,
) -> Result<Transaction, ProcessError> {
    let policy = RetryPolicy::default();
    let (settlements, lanes) = stage.lanes(SettleBatch::new(policy, EMAIL), store, LaneSettings::default());
    let (mut sender, log) = (MockWakeUp::new(), stage.log.clone());
    sender.expect_ring().returning(move || log.add("wake senders"));
    let ports = ProcessPorts {
        gateway: Arc::new(gateway),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
        senders: vec![Arc::new(sender)],
    };
    let process = ProcessActivation::new(ports, settlements, policy);
    let outcome = process.run(claimed).await;
    drop(process);
    lanes.finished().await;
    outcome
}

#[tokio::test]
async fn the_partner_is_called_before_a_unit_begins_and_told_of_after_it_ends() {
    let stage = Stage::new();
    let claim = claimed();
    let store = stage.store_of([settle_unit(&stage, &claim.transaction)]);
    let gateway = partner(&stage, confirmed(), unknown(), unknown());
    let ended = run(&stage, gateway, store, claim).await.unwrap();
    assert_eq!(ended.status(), Status::Success);
    assert_eq!(
        stage.log.entries(),
        [
            "activate",
            "begin",
            "lock_accounts 0",
            "lock_transactions",
            "lock_user_offers 1",
            "now",
            "update_transactions 1",
            "record_attempts 1",
            "update_user_offers 1",
            "refund 0",
            "insert_notices 1",
            "record_events 2",
            "commit",
            "put 1",
            "announce 1",
            "wake senders",
        ]
    );
    assert!(matches!(
        stage.counter.measures().last(),
        Some(Measure::OrderEnded { status: Status::Success, .. })
    ));
}

#[tokio::test]
async fn a_refusal_locks_the_account_first_and_refunds_it() {
    let stage = Stage::new();
    let claim = claimed();
    let store = stage.store_of([settle_unit(&stage, &claim.transaction)]);
    let refused = Answer::Refused { code: "barred".into(), message: "Barred".into() };
    let ended = run(&stage, partner(&stage, refused, unknown(), unknown()), store, claim).await.unwrap();
    assert_eq!(ended.sub_status(), SubStatus::Refused);
    let entries = stage.log.entries();
    assert_eq!(entries[2..5], ["lock_accounts 1", "lock_transactions", "lock_user_offers 1"]);
    assert_eq!(stage.log.count("refund 1"), 1);
}

#[tokio::test]
async fn an_unclear_answer_settles_to_unknown_and_the_next_claim_asks() {
    let stage = Stage::new();
    let claim = claimed();
    let store = stage.store_of([settle_unit(&stage, &claim.transaction)]);
    let gateway = partner(&stage, unknown(), unknown(), unknown());
    let mut waiting = run(&stage, gateway, store, claim).await.unwrap();
    assert_eq!((waiting.status(), waiting.sub_status()), (Status::Processing, SubStatus::Unknown));
    assert_eq!((stage.log.count("activate"), stage.log.count("refund 0")), (1, 1));
    assert_eq!(waiting.claim(NOON + LEASE, LEASE, 5), Ok(ClaimOutcome::Call(Step::Query)));
    assert_eq!(stage.log.count("wake senders"), 0, "there is nothing to tell yet");
}

#[tokio::test]
async fn an_order_that_the_partner_never_saw_is_voided_in_the_same_claim_once_the_horizon_has_passed() {
    let stage = Stage::new();
    let claim = to_be_asked_about(Duration::minutes(10));
    let store = stage.store_of([settle_unit(&stage, &claim.transaction)]);
    let gateway = partner(&stage, unknown(), Answer::NotFound, Answer::Voided);
    let ended = run(&stage, gateway, store, claim).await.unwrap();
    assert_eq!(ended.sub_status(), SubStatus::Voided);
    assert_eq!(stage.log.entries()[..3], ["query", "void", "begin"]);
    assert_eq!(stage.log.count("refund 1"), 1);
}

#[tokio::test]
async fn an_order_that_the_partner_never_saw_is_sent_again_within_the_horizon() {
    let stage = Stage::new();
    let claim = to_be_asked_about(LEASE);
    let store = stage.store_of([settle_unit(&stage, &claim.transaction)]);
    let gateway = partner(&stage, unknown(), Answer::NotFound, Answer::Voided);
    let waiting = run(&stage, gateway, store, claim).await.unwrap();
    assert_eq!(waiting.sub_status(), SubStatus::RetryScheduled);
    assert_eq!(stage.log.count("void"), 0);
}

fn down() -> StoreError {
    StoreError::Unavailable("down".into())
}

#[tokio::test(start_paused = true)]
async fn an_answer_outlives_a_store_that_is_away_for_a_moment() {
    let (stage, claim) = (Stage::new(), claimed());
    let mut units = vec![Ok(settle_unit(&stage, &claim.transaction)), Err(down()), Err(down())];
    let store = stage.store(move || units.pop().expect("another unit was expected"));
    let settled =
        run(&stage, partner(&stage, confirmed(), unknown(), unknown()), store, claim).await.unwrap();
    assert_eq!(settled.status(), Status::Success);
    assert_eq!((stage.log.count("activate"), stage.log.count("begin")), (1, 3), "called once, settled again");
}

#[tokio::test(start_paused = true)]
async fn a_settlement_that_cannot_be_run_leaves_the_claim_to_its_lease() {
    let stage = Stage::new();
    let store = stage.store(|| Err(down()));
    let started = tokio::time::Instant::now();
    let outcome = run(&stage, partner(&stage, confirmed(), unknown(), unknown()), store, claimed()).await;
    assert_eq!(outcome, Err(ProcessError::NotRun(SubmitError::Store(down()))));
    assert!(started.elapsed() <= LEASE.unsigned_abs(), "no longer than the lease");
    assert_eq!(stage.log.count("activate"), 1, "no second call");
    assert_eq!(stage.log.count("announce 1"), 0);
}

#[tokio::test]
async fn an_answer_that_comes_after_another_workers_claim_changes_nothing() {
    let stage = Stage::new();
    let store = stage.store_of([settle_unit(&stage, &to_be_asked_about(LEASE).transaction)]);
    let outcome = run(&stage, partner(&stage, confirmed(), unknown(), unknown()), store, claimed()).await;
    assert_eq!(outcome, Err(ProcessError::Settle(SettleError::Late(TransitionError::StaleClaim))));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
}
