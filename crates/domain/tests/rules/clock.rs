//! The time that an order's calls are allowed, and what a pause of its partner means for it.

use offers_domain::partner::{Answer, Step};
use offers_domain::retry::{Jitter, RetryPolicy, Verdict};
use offers_domain::transaction::{ClaimOutcome, Phase, Schedule, Transaction, TransactionParts};
use time::{Duration, OffsetDateTime};

use crate::fixtures::{LEASE, MAX_LOST, NOW, claimed, id, purchase};

fn turned_away() -> Answer {
    Answer::NotExecuted { reason: "503".into(), retry_after: None }
}

/// Where the order stands after `answer` at `at`; none where it has ended.
fn phase(order: &Transaction, step: Step, answer: &Answer, at: OffsetDateTime) -> Option<Phase> {
    match RetryPolicy::default().judge(order, step, answer, at, Jitter(0)) {
        Verdict::Wait { phase, .. } => Some(phase),
        Verdict::Succeed { .. } | Verdict::Fail(_) => None,
    }
}

/// Called for the first time now, then put off in this phase; its partner is paused a minute later for `pause`, and then it
/// is claimed again.
fn called_after_a_pause(waits: Phase, pause: Duration) -> (Transaction, Step) {
    let mut order = claimed(1, purchase());
    order.wait(1, waits, Schedule::Due(NOW), None, NOW).unwrap();
    let since = NOW + Duration::MINUTE;
    let clock = order.parts().clock.map(|clock| clock.after_pause(since, since + pause));
    let mut order = Transaction::from_parts(TransactionParts { clock, ..order.parts().clone() });
    let Ok(ClaimOutcome::Call(step)) = order.claim(since + pause, LEASE, MAX_LOST) else {
        panic!("{order:?} is due")
    };
    let step = RetryPolicy::default().first_call(&order, step);
    (order, step)
}

#[test]
fn the_time_counts_from_the_first_call_and_not_from_the_order() {
    let mut order = Transaction::place(id(1), purchase(), NOW);
    let first = NOW + Duration::hours(30);
    assert_eq!((order.parts().clock, order.age(first)), (None, Duration::ZERO));
    assert_eq!(order.claim(first, LEASE, MAX_LOST), Ok(ClaimOutcome::Call(Step::Activate)));
    assert_eq!(phase(&order, Step::Activate, &turned_away(), first), Some(Phase::RetryScheduled));

    order.wait(1, Phase::RetryScheduled, Schedule::Due(first), None, first).unwrap();
    let second = first + Duration::minutes(9);
    assert_eq!(order.claim(second, LEASE, MAX_LOST), Ok(ClaimOutcome::Call(Step::Activate)));
    assert_eq!(order.age(second), Duration::minutes(9), "the second claim starts no clock");
    assert_eq!(RetryPolicy::default().first_call(&order, Step::Activate), Step::Activate);
}

#[test]
fn a_pause_longer_than_the_horizon_takes_no_retries_away() {
    for pause in [Duration::minutes(30), Duration::hours(23)] {
        let (order, step) = called_after_a_pause(Phase::RetryScheduled, pause);
        let now = order.parts().updated_at;
        assert_eq!((step, order.age(now)), (Step::Activate, Duration::MINUTE), "after {pause}");
        assert_eq!(phase(&order, step, &turned_away(), now), Some(Phase::RetryScheduled));
        let (order, step) = called_after_a_pause(Phase::Unknown, pause);
        assert_eq!(step, Step::Query);
        assert_eq!(RetryPolicy::default().follow_up(&order, step, &Answer::NotFound), None, "not voided yet");
        let late = now + Duration::minutes(9);
        assert_eq!(phase(&order, step, &turned_away(), late), Some(Phase::Reconciling), "time goes on");
    }
}

#[test]
fn a_pause_longer_than_a_day_parks_nothing() {
    let (order, step) = called_after_a_pause(Phase::PartnerPending, Duration::hours(30));
    let pending = Answer::Pending { reference: "R-1".into() };
    let now = order.parts().updated_at;
    assert_eq!(phase(&order, step, &pending, now), Some(Phase::PartnerPending));
    let day = now + Duration::hours(24);
    assert_eq!(phase(&order, step, &pending, day), Some(Phase::NeedsAttention));
}

#[test]
fn a_key_that_may_be_forgotten_after_a_long_pause_is_neither_sent_again_nor_voided() {
    let policy = RetryPolicy::default();
    for waits in [Phase::RetryScheduled, Phase::Unknown, Phase::PartnerPending] {
        let (order, step) = called_after_a_pause(waits, Duration::hours(24));
        assert_eq!(step, Step::Query, "{waits}");
        assert_eq!(policy.follow_up(&order, step, &Answer::NotFound), None, "{waits}");
        let now = order.parts().updated_at;
        let stands = phase(&order, step, &Answer::NotFound, now);
        assert_eq!(stands, Some(Phase::NeedsAttention), "{waits}: a person asks the partner's people");
        assert_ne!(phase(&order, step, &turned_away(), now), Some(Phase::NeedsAttention), "its time goes on");
    }
}

#[test]
fn an_order_sent_back_by_staff_days_later_is_asked_about_and_nothing_else() {
    let policy = RetryPolicy::default();
    let mut order = claimed(1, purchase());
    order.wait(1, Phase::NeedsAttention, Schedule::Parked, None, NOW).unwrap();
    let later = NOW + Duration::days(3);
    order.send_back(later).unwrap();
    assert_eq!(order.claim(later, LEASE, MAX_LOST), Ok(ClaimOutcome::Call(Step::Query)));
    assert_eq!(policy.follow_up(&order, Step::Query, &Answer::NotFound), None, "no void, hence no refund");
    let stands = phase(&order, Step::Query, &Answer::NotFound, later);
    assert_eq!(stands, Some(Phase::NeedsAttention));
    let known = Answer::Confirmed { reference: "R-1".into() };
    assert_eq!(phase(&order, Step::Query, &known, later), None, "what the partner does remember counts");
}

#[test]
fn only_the_part_of_a_pause_after_the_first_call_is_made_good() {
    let clock = claimed(1, purchase()).parts().clock.unwrap();
    let (before, after) = (NOW - Duration::HOUR, NOW + Duration::HOUR);
    assert_eq!(clock.after_pause(before, after).from, after);
    assert_eq!(clock.after_pause(after, before), clock, "a clock never goes back");
    assert_eq!(clock.after_pause(before, after).first_call, NOW);
}
