//! Subscriptions that renew themselves.

use std::collections::HashSet;
use std::sync::Arc;

use offers_application::auto_renewal::{RenewDue, SwitchAutoRenew, SwitchError};
use offers_application::begin_activation::{BeginActivation, OrderBatch};
use offers_application::group_commit::LaneSettings;
use offers_application::identity::Caller;
use offers_domain::activation::Renewable;
use offers_domain::auto_renew::{AutoRenew, RenewalCalendar};
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, StoredResponse};
use offers_domain::ids::{SessionId, TransactionId, UserId, UserOfferId};
use offers_domain::notice::NoticeChannels;
use offers_domain::ports::Locked;
use offers_domain::ports::mocks::MockUnitOfWork;
use offers_domain::transaction::{Failure, FailureKind, State, Transaction, TransactionParts};
use offers_domain::user::Role;
use offers_domain::user_offer::{Period, RenewalOf, UserOffer, UserOfferState};
use offers_testkit::builders::{NOON, offer, processing};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::queries::MockQueries;
use crate::stage::{ANNA, BEN, FIBRE, Stage, id, placed, wallet};

const SESSION: SessionId = SessionId(Uuid::from_u128(50));

/// Anna's fibre, for another ten days.
fn running() -> UserOffer {
    let period = Period { activated_at: NOON, expires_at: NOON + Duration::days(10) };
    UserOffer {
        id: UserOfferId(1),
        user: ANNA,
        offer: FIBRE,
        transaction: id(1),
        state: UserOfferState::Active(period),
        auto_renew: AutoRenew::Off,
    }
}

/// This user switches Anna's fibre on, with a login that lives or not.
async fn switch(stage: &Stage, user: UserId, live: bool) -> Result<(), SwitchError> {
    let mut unit = stage.unit();
    unit.expect_live_sessions().returning(move |asked, _| {
        assert_eq!(asked, [SESSION]);
        Ok(asked.iter().copied().filter(|_| live).collect::<HashSet<_>>())
    });
    unit.expect_lock_user_offers()
        .returning(|refs| Ok(refs.iter().map(|of| (*of, Locked::by_store(running()))).collect()));
    let log = stage.log.clone();
    unit.expect_update_user_offers()
        .returning(move |changed, _| log.note(format!("renews {}", changed[0].auto_renew.is_on())));
    let use_case = SwitchAutoRenew { store: stage.store_of([unit]), ids: stage.ids.clone() };
    let caller = Caller { user, role: Role::Customer, session: SESSION };
    use_case.run(&caller, UserOfferId(1), true).await
}

#[tokio::test]
async fn a_holder_has_a_subscription_renew_itself() {
    let stage = Stage::new();
    assert_eq!(switch(&stage, ANNA, true).await, Ok(()));
    assert_eq!(stage.log.entries(), ["begin", "now", "renews true", "commit"]);
}

#[tokio::test]
async fn a_login_that_is_over_and_a_stranger_switch_nothing() {
    for (user, live, refusal) in
        [(ANNA, false, SwitchError::SessionEnded), (BEN, true, SwitchError::NotFound)]
    {
        let stage = Stage::new();
        assert_eq!(switch(&stage, user, live).await, Err(refusal));
        assert_eq!(stage.log.entries(), ["begin", "now", "rollback"]);
    }
}

/// Anna's fibre, which has ended so long ago and is to be tried at this instant.
fn ended(ago: Duration, next_try: OffsetDateTime) -> UserOffer {
    let period = Period { activated_at: NOON - Duration::days(30), expires_at: NOON - ago };
    let (state, auto_renew) = (UserOfferState::Active(period), AutoRenew::On { next_try: Some(next_try) });
    UserOffer { state, auto_renew, ..running() }
}

/// A unit that tells holders, and finds this subscription due, or still in the hands of whoever tried.
fn renewing(stage: &Stage, held: UserOffer) -> MockUnitOfWork {
    let mut unit = stage.unit();
    let [due, locked, saved, told] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_due_renewals().returning(move |_, _| {
        due.add("due");
        Ok(vec![Locked::by_store(held)])
    });
    unit.expect_lock_user_offers().returning(move |refs| {
        locked.add("subscriptions");
        Ok(refs.iter().map(|of| (*of, Locked::by_store(held))).collect())
    });
    unit.expect_update_user_offers().returning(move |changed, _| {
        saved.note(format!(
            "next try {:?}",
            changed[0].auto_renew.next_try().map(|at| (at - NOON).whole_minutes())
        ))
    });
    unit.expect_renewables().withf(<[(UserId, RenewalOf)]>::is_empty).returning(|_| Ok(Vec::new()));
    unit.expect_offers().returning(|asked| Ok(asked.iter().map(|_| offer(FIBRE.0, 2000)).collect()));
    unit.expect_insert_notices().returning(move |notices, _| {
        for notice in notices {
            told.add(format!("told {}", notice.occasion.kind()));
        }
        Ok(())
    });
    unit
}

/// A unit that finds this order under the name of the renewal that is tried, and places none.
fn ordering(stage: &Stage, found: TransactionId) -> MockUnitOfWork {
    let mut unit = stage.unit();
    unit.expect_lock_wallets().returning(|_| Ok(vec![wallet(ANNA, 2000)]));
    unit.expect_find_users().returning(|_| Ok(Vec::new()));
    unit.expect_live_sessions().returning(|_, _| Ok(HashSet::new()));
    unit.expect_find_records().returning(move |scopes| {
        let handle = IdempotencyHandle { scope: scopes[0].clone(), fingerprint: [0; 32] };
        let response = StoredResponse { status: 200, body: String::new() };
        Ok(vec![IdempotencyRecord { handle, transaction: found, response, created_at: NOON }])
    });
    unit.expect_renewables().returning(|_| Ok(Vec::new()));
    unit.expect_offers().returning(|_| Ok(Vec::new()));
    unit.expect_holdings().returning(|_, _| Ok(Vec::new()));
    unit.expect_count_user_offers().returning(|_| Ok(Vec::new()));
    unit.expect_lock_stocks().returning(|_| Ok(Vec::new()));
    unit.expect_insert_records().withf(<[_]>::is_empty).returning(|_| Ok(()));
    unit.expect_insert_transactions().withf(<[_]>::is_empty).returning(|_| Ok(()));
    unit.expect_insert_user_offers().withf(<[_]>::is_empty).returning(|_| Ok(()));
    unit.expect_apply_transfers().withf(|charges, _| charges.is_empty()).returning(|_, _| Ok(()));
    unit.expect_update_stocks().withf(<[_]>::is_empty).returning(|_| Ok(()));
    unit
}

/// Renews what is due in these units; orders are placed in those.
async fn renew(
    stage: &Stage,
    units: impl IntoIterator<Item = MockUnitOfWork>,
    orders: impl IntoIterator<Item = MockUnitOfWork>,
) {
    let mut queries = MockQueries::new();
    queries.expect_status().returning(|order| Ok(Some(processing(order, 2))));
    let (entrance, lanes) =
        stage.lanes(OrderBatch::default(), stage.store_of(orders), LaneSettings::default());
    let use_case = RenewDue {
        store: stage.store_of(units),
        orders: BeginActivation::new(entrance, stage.ids.clone(), stage.counter.clone()),
        queries: Arc::new(queries),
        ids: stage.ids.clone(),
        calendar: RenewalCalendar::default(),
        channels: NoticeChannels { email: true, sms: false },
    };
    use_case.run().await.unwrap();
    drop(use_case);
    lanes.finished().await;
}

fn failed(number: u128) -> Transaction {
    let failure = Failure { kind: FailureKind::Refused, message: "The line is barred".into() };
    let state = State::Failed { at: NOON, failure };
    Transaction::from_parts(TransactionParts { state, ..placed(number).parts().clone() })
}

#[tokio::test]
async fn whoever_ends_the_last_try_tells_of_an_order_that_has_failed_before() {
    for (order, told) in [(failed(1), true), (placed(1), false)] {
        let stage = Stage::new();
        let (due, taken) = (ended(Duration::ZERO, NOON), ended(Duration::ZERO, NOON + Duration::minutes(5)));
        let mut end = renewing(&stage, taken);
        let log = stage.log.clone();
        end.expect_lock_transactions().returning(move |ids| {
            assert_eq!(ids, [id(1)]);
            log.add("orders");
            Ok(vec![Locked::by_store(order.clone())])
        });
        renew(&stage, [renewing(&stage, due), end], [ordering(&stage, id(1))]).await;
        let steps = ["due", "next try Some(5)", "orders", "subscriptions", "next try None"];
        let entries = stage.log.entries();
        let mut said =
            entries.iter().filter(|entry| !["begin", "now", "commit", "rollback"].contains(&entry.as_str()));
        for step in steps {
            assert_eq!(said.next().unwrap(), step, "orders are locked before subscriptions: {entries:?}");
        }
        assert_eq!(stage.log.count("told auto_renew_failed"), usize::from(told), "{entries:?}");
    }
}

#[tokio::test]
async fn before_the_last_try_nobody_waits_for_the_order() {
    let stage = Stage::new();
    let left = -Duration::hours(20);
    let (due, taken) = (ended(left, NOON), ended(left, NOON + Duration::minutes(5)));
    let mut end = renewing(&stage, taken);
    end.expect_lock_transactions().withf(<[TransactionId]>::is_empty).returning(|_| Ok(Vec::new()));
    renew(&stage, [renewing(&stage, due), end], [ordering(&stage, id(1))]).await;
    assert_eq!(stage.log.count("next try Some(120)"), 1, "{:?}", stage.log.entries());
}

#[tokio::test]
async fn what_comes_too_late_is_told_unless_its_renewal_is_under_way() {
    for (open, told) in [(None, 1), (Some(id(1)), 0)] {
        let (stage, late) = (Stage::new(), ended(Duration::hours(25), NOON));
        let mut unit = renewing(&stage, late);
        unit.expect_renewables().returning(move |asked| {
            assert_eq!(asked, [(ANNA, RenewalOf::Subscription(late.id))]);
            Ok(vec![(asked[0], Renewable { subscription: late, open })])
        });
        renew(&stage, [unit], []).await;
        assert_eq!((stage.log.count("next try None"), stage.log.count("told auto_renew_failed")), (1, told));
    }
}
