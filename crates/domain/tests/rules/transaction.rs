//! One order: every state meets every command.

use offers_domain::partner::Step;
use offers_domain::transaction::{
    ClaimOutcome, Failure, FailureKind, Phase, Schedule, State, Status, SubStatus, Transaction,
    TransactionKind, TransactionParts, TransitionError,
};
use offers_domain::user_offer::UserOfferRef;
use offers_domain::views::StatusView;
use time::{Duration, OffsetDateTime};

use crate::fixtures::{LEASE, MAX_LOST, NOW, RENEWED, claimed, id, purchase, renewal};

const LATER: OffsetDateTime = NOW.saturating_add(Duration::SECOND);
const ATTEMPT: u32 = 3;

const ASK: Result<ClaimOutcome, TransitionError> = Ok(ClaimOutcome::Call(Step::Query));
const CALL: Result<ClaimOutcome, TransitionError> = Ok(ClaimOutcome::Call(Step::Activate));
const NOT_DUE: Result<ClaimOutcome, TransitionError> = Err(TransitionError::NotDue);
const STALE: Result<(), TransitionError> = Err(TransitionError::StaleClaim);

fn in_state(state: State) -> Transaction {
    let placed = Transaction::place(id(1), purchase(), NOW - Duration::MINUTE);
    Transaction::from_parts(TransactionParts {
        state,
        attempt: ATTEMPT,
        version: 5,
        ..placed.parts().clone()
    })
}

fn refusal() -> Failure {
    Failure { kind: FailureKind::Refused, message: "No".into() }
}

fn processing(phase: Phase, schedule: Schedule) -> State {
    State::Processing { phase, schedule }
}

/// A state, what a claim meets in it, and what the end of the current claim meets in it.
type Row = (State, Result<ClaimOutcome, TransitionError>, Result<(), TransitionError>);

fn table() -> Vec<Row> {
    let mut rows = vec![
        (State::Pending { due: NOW }, CALL, STALE),
        (State::Pending { due: LATER }, NOT_DUE, STALE),
        (State::Success { at: NOW }, Err(TransitionError::Final), Err(TransitionError::Final)),
        (
            State::Failed { at: NOW, failure: refusal() },
            Err(TransitionError::Final),
            Err(TransitionError::Final),
        ),
    ];
    for phase in Phase::ALL.iter().copied() {
        let due = if phase == Phase::RetryScheduled { CALL } else { ASK };
        rows.extend([
            (processing(phase, Schedule::Due(NOW)), due, STALE),
            (processing(phase, Schedule::Due(LATER)), NOT_DUE, STALE),
            (processing(phase, Schedule::LeasedUntil(NOW)), due, Ok(())),
            (processing(phase, Schedule::LeasedUntil(LATER)), NOT_DUE, Ok(())),
            (processing(phase, Schedule::Parked), NOT_DUE, STALE),
        ]);
    }
    rows
}

/// The ways to end a claim.
type End = fn(&mut Transaction, u32) -> Result<(), TransitionError>;

const ENDS: [(&str, End); 4] = [
    ("succeed", |transaction, attempt| transaction.succeed(attempt, "R-1".into(), NOW)),
    ("fail", |transaction, attempt| transaction.fail(attempt, refusal(), NOW)),
    ("wait", |transaction, attempt| {
        transaction.wait(attempt, Phase::Unknown, Schedule::Due(LATER), None, NOW)
    }),
    ("release", |transaction, attempt| transaction.release(attempt, NOW)),
];

#[test]
fn an_order_that_was_given_back_is_due_at_once_and_asked_about_first() {
    for (phase, waits_in) in [
        (Phase::Calling, Phase::Unknown),
        (Phase::RetryScheduled, Phase::Unknown),
        (Phase::Unknown, Phase::Unknown),
        (Phase::PartnerPending, Phase::PartnerPending),
        (Phase::Reconciling, Phase::Reconciling),
    ] {
        let mut transaction = in_state(processing(phase, Schedule::LeasedUntil(LATER)));
        transaction.release(ATTEMPT, NOW).unwrap();
        assert_eq!(transaction.parts().state, processing(waits_in, Schedule::Due(NOW)));
        assert_eq!(transaction.claim(NOW, LEASE, MAX_LOST), ASK, "{phase}");
        assert_eq!(transaction.parts().lost_leases, 0, "its worker did not vanish");
    }
}

/// A step that worked moved the order on by one version; one that did not left it as it was.
fn assert_one_version<T, E>(before: &Transaction, after: &Transaction, outcome: &Result<T, E>, what: &str) {
    if outcome.is_ok() {
        assert_eq!(after.parts().version, before.parts().version + 1, "{what}");
        assert_eq!(after.parts().updated_at, NOW, "{what}");
    } else {
        assert_eq!(after, before, "{what}");
    }
}

#[test]
fn a_claim_is_granted_by_the_table() {
    for (state, expected, _) in table() {
        let what = format!("claim in {state:?}");
        let before = in_state(state);
        let mut after = before.clone();
        let outcome = after.claim(NOW, LEASE, MAX_LOST);
        assert_eq!(outcome, expected, "{what}");
        assert_one_version(&before, &after, &outcome, &what);
        let counted = u32::from(outcome.is_ok());
        assert_eq!(after.attempt(), ATTEMPT + counted, "{what}: counted before the call");
    }
}

#[test]
fn the_end_of_a_claim_is_granted_by_the_table() {
    for (state, _, expected) in table() {
        for (name, end) in ENDS {
            let what = format!("{name} in {state:?}");
            let before = in_state(state.clone());
            let mut after = before.clone();
            let outcome = end(&mut after, ATTEMPT);
            assert_eq!(outcome, expected, "{what}");
            assert_one_version(&before, &after, &outcome, &what);
            assert_eq!(after.attempt(), ATTEMPT, "{what}");
        }
    }
}

#[test]
fn the_end_of_another_claim_changes_nothing_in_any_state() {
    for (state, _, _) in table() {
        for (name, end) in ENDS {
            for attempt in [0, ATTEMPT - 1, ATTEMPT + 1] {
                let before = in_state(state.clone());
                let mut after = before.clone();
                let expected = if before.status().is_final() {
                    TransitionError::Final
                } else {
                    TransitionError::StaleClaim
                };
                assert_eq!(end(&mut after, attempt), Err(expected), "{name} of {attempt} in {state:?}");
                assert_eq!(after, before, "{name} of {attempt} in {state:?}");
            }
        }
    }
}

#[test]
fn an_order_is_placed_pending_and_due_at_once() {
    let placed = Transaction::place(id(1), purchase(), NOW);
    let parts = placed.parts();
    assert_eq!(parts.state, State::Pending { due: NOW });
    assert_eq!((parts.version, parts.attempt, parts.lost_leases), (1, 0, 0));
    assert_eq!((parts.created_at, parts.updated_at), (NOW, NOW));
}

#[test]
fn a_claim_holds_the_order_until_its_lease_ends() {
    let mut transaction = claimed(1, purchase());
    assert_eq!(transaction.parts().state, processing(Phase::Calling, Schedule::LeasedUntil(NOW + LEASE)));
    let just_before = NOW + LEASE - Duration::NANOSECOND;
    assert_eq!(transaction.claim(just_before, LEASE, MAX_LOST), NOT_DUE);
    assert_eq!(transaction.claim(NOW + LEASE, LEASE, MAX_LOST), ASK);
}

#[test]
fn the_worker_whose_lease_ran_out_may_still_settle_until_another_claims() {
    let mut unclaimed = claimed(1, purchase());
    assert_eq!(unclaimed.succeed(1, "R-1".into(), NOW + LEASE * 2), Ok(()));

    let mut reclaimed = claimed(1, purchase());
    reclaimed.claim(NOW + LEASE, LEASE, MAX_LOST).unwrap();
    assert_eq!(reclaimed.succeed(1, "R-1".into(), NOW + LEASE), STALE);
    assert_eq!(reclaimed.succeed(2, "R-1".into(), NOW + LEASE), Ok(()));
}

#[test]
fn an_order_whose_workers_vanish_is_asked_about_and_parked_at_the_limit() {
    let mut transaction = claimed(1, purchase());
    let mut now = NOW;
    for lost in 1..MAX_LOST {
        now += LEASE;
        assert_eq!(transaction.claim(now, LEASE, MAX_LOST), ASK, "never called blindly after {lost} losses");
        assert_eq!((transaction.attempt(), transaction.parts().lost_leases), (lost + 1, lost));
        assert_eq!(transaction.sub_status(), SubStatus::Unknown);
    }
    now += LEASE;
    let version = transaction.parts().version;
    assert_eq!(transaction.claim(now, LEASE, MAX_LOST), Ok(ClaimOutcome::Parked));
    assert_eq!(transaction.parts().state, processing(Phase::NeedsAttention, Schedule::Parked));
    assert_eq!(transaction.attempt(), MAX_LOST, "no call, no attempt");
    assert_eq!(transaction.parts().version, version + 1);
    assert_eq!(transaction.succeed(MAX_LOST, "R-1".into(), now), STALE, "now a person decides");
}

#[test]
fn a_worker_that_comes_back_ends_the_count_of_lost_ones() {
    let mut transaction = claimed(1, purchase());
    transaction.claim(NOW + LEASE, LEASE, MAX_LOST).unwrap();
    assert_eq!(transaction.parts().lost_leases, 1);
    transaction.wait(2, Phase::Unknown, Schedule::Due(NOW), None, NOW).unwrap();
    assert_eq!(transaction.parts().lost_leases, 0);
}

#[test]
fn a_reference_once_known_is_kept_until_a_newer_one_comes() {
    let mut transaction = claimed(1, purchase());
    let mut references = Vec::new();
    for (attempt, reference) in [(1, Some("R-1")), (2, None), (3, Some("R-3"))] {
        let reference = reference.map(str::to_owned);
        transaction.wait(attempt, Phase::PartnerPending, Schedule::Due(NOW), reference, NOW).unwrap();
        references.push(transaction.parts().reference.clone().unwrap());
        transaction.claim(NOW, LEASE, MAX_LOST).unwrap();
    }
    assert_eq!(references, ["R-1", "R-1", "R-3"]);
    transaction.fail(4, refusal(), NOW).unwrap();
    assert_eq!(transaction.parts().reference.as_deref(), Some("R-3"));
}

#[test]
fn clients_see_four_statuses_and_the_story_behind_them() {
    let unavailable = Failure { kind: FailureKind::Unavailable, message: "Too late".into() };
    let mut expected = vec![
        (State::Pending { due: NOW }, Status::Pending, SubStatus::Queued),
        (State::Success { at: NOW }, Status::Success, SubStatus::Confirmed),
        (State::Failed { at: NOW, failure: refusal() }, Status::Failed, SubStatus::Refused),
        (State::Failed { at: NOW, failure: unavailable }, Status::Failed, SubStatus::Voided),
    ];
    for phase in Phase::ALL.iter().copied() {
        let sub_status = phase.as_str().parse().unwrap();
        expected.push((processing(phase, Schedule::Parked), Status::Processing, sub_status));
    }
    for (state, status, sub_status) in expected {
        let transaction = in_state(state);
        assert_eq!((transaction.status(), transaction.sub_status()), (status, sub_status));
        let view = StatusView::from(&transaction);
        assert_eq!(view.completed_at.is_some(), status.is_final(), "{sub_status}");
        assert_eq!(view.error_code.is_some(), status == Status::Failed, "{sub_status}");
        assert_eq!(view.refunded(), status == Status::Failed, "{sub_status}");
    }
}

#[test]
fn an_order_points_to_the_subscription_that_it_opens_or_extends() {
    let bought = Transaction::place(id(1), purchase(), NOW);
    assert_eq!(
        (bought.kind(), bought.user_offer()),
        (TransactionKind::Purchase, UserOfferRef::OpenedBy(id(1)))
    );
    let renewed = Transaction::place(id(1), renewal(), NOW);
    assert_eq!(
        (renewed.kind(), renewed.user_offer()),
        (TransactionKind::Renewal, UserOfferRef::Existing(RENEWED))
    );
    assert_eq!(bought.request().transaction, id(1), "the id is the partner's idempotency key");
}

/// Every state that does not wait for a person, and what a person's decision meets in it.
fn not_parked() -> Vec<(State, TransitionError)> {
    let mut rows = vec![
        (State::Pending { due: NOW }, TransitionError::NotParked),
        (State::Success { at: NOW }, TransitionError::Final),
        (State::Failed { at: NOW, failure: refusal() }, TransitionError::Final),
    ];
    for phase in Phase::ALL.iter().copied() {
        for schedule in [Schedule::Due(NOW), Schedule::LeasedUntil(NOW)] {
            rows.push((processing(phase, schedule), TransitionError::NotParked));
        }
    }
    rows
}

#[test]
fn a_person_decides_about_orders_that_wait_for_one_and_about_no_other() {
    for (state, refused) in not_parked() {
        let order = in_state(state);
        let mut same = order.clone();
        assert_eq!(same.send_back(LATER), Err(refused), "{order:?}");
        assert_eq!(same.take_in_hand(LATER, LEASE), Err(refused), "{order:?}");
        assert_eq!(same, order);
    }
}

#[test]
fn an_order_that_is_sent_back_is_asked_about_and_its_lost_workers_are_forgotten() {
    let parked = in_state(processing(Phase::NeedsAttention, Schedule::Parked));
    let parts = TransactionParts { lost_leases: MAX_LOST, ..parked.parts().clone() };
    let mut order = Transaction::from_parts(parts);
    order.send_back(LATER).unwrap();
    assert_eq!((order.sub_status(), order.parts().version), (SubStatus::Reconciling, 6));
    assert_eq!(order.claim(LATER, LEASE, MAX_LOST), ASK);
}

#[test]
fn whoever_takes_an_order_over_holds_it_as_a_worker_does() {
    let mut order = in_state(processing(Phase::NeedsAttention, Schedule::Parked));
    order.take_in_hand(LATER, LEASE).unwrap();
    assert_eq!((order.attempt(), order.parts().version), (ATTEMPT + 1, 6));
    assert_eq!(order.check_claim(ATTEMPT), STALE, "a worker from before comes too late");
    assert_eq!(order.succeed(ATTEMPT + 1, "R".into(), LATER), Ok(()));
    assert_eq!(order.status(), Status::Success);
}
