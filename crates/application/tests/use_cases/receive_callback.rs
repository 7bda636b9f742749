//! Hearing activation partners.

use std::collections::HashSet;
use std::sync::Arc;

use offers_application::group_commit::{LaneSettings, SubmitError};
use offers_application::receive_callback::{CallbackBatch, ReceiveCallback, ReceiveCallbackError};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::callback::{Callback, CallbackId, CallbackOutcome};
use offers_domain::notice::NoticeChannels;
use offers_domain::partner::{Answer, Repeated};
use offers_domain::ports::mocks::{MockActivationCallbacks, MockUnitOfWork};
use offers_domain::ports::{CallbackRefusal, Locked, Measure, SealedCallback, StoreError};
use offers_domain::retry::RetryPolicy;
use offers_testkit::builders::NOON;
use time::Duration;

use crate::stage::{Stage, id, placed};

fn report() -> Callback {
    Callback {
        partner: ActivationPartner::DEFAULT,
        id: CallbackId::try_new("msg_1").unwrap(),
        transaction: id(1),
        answer: Answer::Refused { code: "barred".into(), message: "Barred".into() },
        repeated: Repeated::default(),
    }
}

/// A unit that knows these reports; it logs in which order it is asked.
fn unit(stage: &Stage, known: bool) -> MockUnitOfWork {
    let (mut unit, orders) = (stage.unit(), stage.log.clone());
    unit.expect_lock_transactions().returning(move |ids| {
        orders.add(format!("lock_transactions {}", ids.len()));
        Ok(Vec::new())
    });
    reading(unit, stage, known)
}

/// The same, with the orders of `unit`.
fn reading(mut unit: MockUnitOfWork, stage: &Stage, known: bool) -> MockUnitOfWork {
    unit.expect_known_callbacks()
        .returning(move |asked| Ok(if known { asked.iter().cloned().collect() } else { HashSet::new() }));
    unit.expect_find_orders().returning(|ids| Ok(ids.iter().map(|id| (*id, *placed(1).order())).collect()));
    let [accounts, user_offers, kept] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_accounts().returning(move |ids| {
        accounts.add(format!("lock_accounts {}", ids.len()));
        Ok(Vec::new())
    });
    unit.expect_lock_user_offers().returning(move |refs| {
        user_offers.add(format!("lock_user_offers {}", refs.len()));
        Ok(Vec::new())
    });
    unit.expect_lock_stocks().returning(|_| Ok(Vec::new()));
    unit.expect_update_transactions().returning(|_| Ok(()));
    unit.expect_record_attempts().returning(|_| Ok(()));
    unit.expect_update_user_offers().returning(|_, _| Ok(()));
    unit.expect_apply_transfers().returning(|_, _| Ok(()));
    unit.expect_update_stocks().returning(|_| Ok(()));
    unit.expect_insert_notices().returning(|_, _| Ok(()));
    unit.expect_record_events().returning(|_, _| Ok(()));
    unit.expect_insert_incidents().returning(|_| Ok(()));
    unit.expect_insert_callbacks().returning(move |rows| kept.note(format!("keep {}", rows.len())));
    unit
}

/// Hears one report that its reader takes for this.
async fn hear(
    stage: &Stage,
    units: Vec<MockUnitOfWork>,
    opened: Result<Callback, CallbackRefusal>,
) -> Result<CallbackOutcome, ReceiveCallbackError> {
    let mut reader = MockActivationCallbacks::new();
    reader.expect_open().returning(move |_, now| {
        assert_eq!(now, NOON);
        opened.clone()
    });
    let batch = CallbackBatch::new(RetryPolicy::default(), NoticeChannels::default());
    let (inbox, lanes) = stage.lanes(batch, stage.store_of(units), LaneSettings::default());
    let (clock, metrics) = (stage.clock.clone(), stage.counter.clone());
    let use_case = ReceiveCallback { reader: Arc::new(reader), inbox, clock, metrics };
    let sealed = SealedCallback {
        partner: ActivationPartner::DEFAULT,
        id: "msg_1".into(),
        timestamp: "1".into(),
        signature: "v1,".into(),
        body: Vec::new(),
    };
    let outcome = use_case.run(&sealed).await;
    drop(use_case);
    lanes.finished().await;
    outcome
}

fn counted(stage: &Stage) -> Vec<&'static str> {
    let outcome = |measure: Measure| {
        if let Measure::CallbackReceived { outcome } = measure { Some(outcome) } else { None }
    };
    stage.counter.measures().into_iter().filter_map(outcome).collect()
}

#[tokio::test]
async fn a_report_is_kept_in_the_commit_of_what_follows_from_it() {
    let stage = Stage::new();
    let outcome = hear(&stage, vec![unit(&stage, false)], Ok(report())).await;
    assert_eq!(outcome, Ok(CallbackOutcome::Unknown));
    let locks = ["lock_accounts 1", "lock_transactions 1", "lock_user_offers 1"];
    assert_eq!(stage.log.entries()[1..4], locks, "in the order of every unit");
    assert_eq!(stage.log.entries()[4..], ["now", "keep 1", "commit"]);
    assert_eq!(counted(&stage), ["unknown"]);
}

#[tokio::test]
async fn a_report_that_came_before_locks_and_writes_nothing() {
    let stage = Stage::new();
    let outcome = hear(&stage, vec![unit(&stage, true)], Ok(report())).await;
    assert_eq!(outcome, Ok(CallbackOutcome::Duplicate));
    assert_eq!(stage.log.count("lock_transactions 0"), 1);
    assert_eq!((stage.log.count("commit"), stage.log.count("rollback")), (0, 1));
}

#[tokio::test]
async fn a_report_that_its_order_cannot_follow_is_neither_kept_nor_acknowledged() {
    let stage = Stage::new();
    let mut without_subscription = stage.unit();
    without_subscription.expect_lock_transactions().returning(|_| {
        let mut order = placed(1);
        order.claim(NOON, Duration::seconds(30), 5).unwrap();
        Ok(vec![Locked::by_store(order)])
    });
    let unit = reading(without_subscription, &stage, false);
    let outcome = hear(&stage, vec![unit], Ok(report())).await;
    assert_eq!(outcome, Err(ReceiveCallbackError::Unsettled));
    assert_eq!((stage.log.count("keep 0"), stage.log.count("commit")), (1, 0), "it comes again, as new");
    assert_eq!(counted(&stage), ["unsettled"]);
}

#[tokio::test]
async fn what_is_not_believed_never_reaches_the_store() {
    for (refusal, name) in [
        (CallbackRefusal::Forged, "forged"),
        (CallbackRefusal::Stale, "stale"),
        (CallbackRefusal::Malformed("no report"), "malformed"),
    ] {
        let stage = Stage::new();
        assert_eq!(hear(&stage, Vec::new(), Err(refusal)).await, Err(refusal.into()));
        assert_eq!((stage.log.entries(), counted(&stage)), (Vec::new(), vec![name]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_another_process_has_just_kept_is_found_at_the_second_try() {
    let stage = Stage::new();
    let mut first = stage.unit();
    let busy = StoreError::Contention("a report has just been kept".into());
    first.expect_known_callbacks().return_once(move |_| Err(busy));
    let outcome = hear(&stage, vec![first, unit(&stage, true)], Ok(report())).await;
    assert_eq!(outcome, Ok(CallbackOutcome::Duplicate));
}

#[tokio::test]
async fn a_report_that_cannot_be_kept_is_not_acknowledged() {
    let stage = Stage::new();
    let down = StoreError::Unavailable("down".into());
    let (mut broken, error) = (stage.unit(), down.clone());
    broken.expect_known_callbacks().return_once(move |_| Err(error));
    let outcome = hear(&stage, vec![broken], Ok(report())).await;
    assert_eq!(outcome, Err(ReceiveCallbackError::NotRun(SubmitError::Store(down))));
    assert_eq!(counted(&stage), [""; 0]);
}
