//! What follows from a partner's answer: the end of the order, another call, or a wait.
//!
//! The rule of the house: **never refund on silence**. Only a refusal or an accepted void returns the money; an unclear
//! answer is asked about, by our key, before any second call. A partner that no longer has to remember the key and says
//! that it knows none has said nothing.

use time::{Duration, OffsetDateTime};

use crate::partner::{Answer, Step};
use crate::transaction::{Failure, FailureKind, Phase, Schedule, Transaction};

/// A random number for full jitter, uniform over its range; zero waits least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jitter(pub u32);

impl Jitter {
    /// A uniform part of `ceiling`, in whole milliseconds.
    pub(crate) fn of(self, ceiling: Duration) -> Duration {
        let milliseconds = ceiling.whole_milliseconds().max(0).saturating_mul(i128::from(self.0)) >> 32;
        Duration::milliseconds(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }
}

/// How long, how often and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How long a worker holds an order. Longer than two calls and their settlement.
    pub lease: Duration,
    /// How many workers may vanish in a row with one order before a person looks at it.
    pub max_lost_leases: u32,
    /// Ceiling of the first retry's full-jitter delay; doubles with each attempt.
    pub backoff_base: Duration,
    /// Highest ceiling of a retry's delay.
    pub backoff_cap: Duration,
    /// Longest `Retry-After` that is honoured.
    pub retry_after_cap: Duration,
    /// How long after the first call an activation call may be repeated, pauses of the partner not counted.
    pub retry_horizon: Duration,
    /// Unit of the waits before queries: 2, 5, 10, 20 … of these.
    pub query_unit: Duration,
    /// First wait between queries once the horizon has passed; doubles with each attempt.
    pub reconcile_base: Duration,
    /// Longest wait between queries.
    pub reconcile_cap: Duration,
    /// How long after the first call a person has to decide, pauses of the partner not counted.
    pub give_up_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            lease: Duration::seconds(30),
            max_lost_leases: 5,
            backoff_base: Duration::seconds(1),
            backoff_cap: Duration::seconds(120),
            retry_after_cap: Duration::minutes(5),
            retry_horizon: Duration::minutes(10),
            query_unit: Duration::seconds(1),
            reconcile_base: Duration::minutes(1),
            reconcile_cap: Duration::minutes(30),
            give_up_after: Duration::hours(24),
        }
    }
}

/// How long a partner remembers a key at least. Its pauses count here: it may forget while we leave it alone.
const KEYS_REMEMBERED: Duration = Duration::hours(24);

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The order ends well.
    Succeed {
        /// The partner's reference.
        reference: String,
    },
    /// The order ends with the money back.
    Fail(Failure),
    /// The order goes on.
    Wait {
        /// Where it stands now.
        phase: Phase,
        /// When it is work again.
        schedule: Schedule,
        /// The partner's reference, where the answer brought one.
        reference: Option<String>,
    },
}

impl RetryPolicy {
    /// The first call of a claim, where the claim itself leads to `step`. A repeated activation whose horizon has passed,
    /// because no worker came in time, becomes a question: the partner may have forgotten our key by now.
    pub fn first_call(&self, transaction: &Transaction, step: Step) -> Step {
        let repeated = step == Step::Activate && transaction.attempt() > 1;
        if repeated && self.was_claimed_late(transaction) { Step::Query } else { step }
    }

    /// The call to make at once, within the same claim, after `answer` to `step`: once the horizon has passed, an order
    /// that the partner has never seen is voided, so that its money can go back for certain. What it may have forgotten
    /// is not: it would void a key that it does not know, and the service would stay on.
    pub fn follow_up(&self, transaction: &Transaction, step: Step, answer: &Answer) -> Option<Step> {
        let missing = step == Step::Query && *answer == Answer::NotFound;
        let provable = missing && !self.may_be_forgotten(transaction);
        (provable && self.was_claimed_late(transaction)).then_some(Step::Void)
    }

    fn was_claimed_late(&self, transaction: &Transaction) -> bool {
        let claimed_at = transaction.parts().updated_at;
        self.may_be_forgotten(transaction) || transaction.age(claimed_at) >= self.retry_horizon
    }

    /// Whether the partner no longer has to know the key by the end of the claim. By the store's clock, which stamped
    /// every claim.
    fn may_be_forgotten(&self, transaction: &Transaction) -> bool {
        let claim_ends = transaction.parts().updated_at.saturating_add(self.lease);
        transaction.since_first_call(claim_ends) >= KEYS_REMEMBERED
    }

    /// The verdict on the last answer of a claim.
    pub fn judge(
        &self,
        transaction: &Transaction,
        step: Step,
        answer: &Answer,
        now: OffsetDateTime,
        jitter: Jitter,
    ) -> Verdict {
        match answer {
            Answer::Confirmed { reference } => Verdict::Succeed { reference: reference.clone() },
            Answer::Refused { code, message } => Verdict::Fail(Failure {
                kind: FailureKind::Refused,
                message: format!("The activation partner refused the order: {message} ({code})"),
            }),
            Answer::Voided => Verdict::Fail(Failure {
                kind: FailureKind::Unavailable,
                message: "The activation partner could not be reached in time; the order was given up."
                    .into(),
            }),
            Answer::Pending { reference } => {
                let schedule = self.ask_again(transaction, now, None);
                let parked = schedule == Schedule::Parked;
                let phase = if parked { Phase::NeedsAttention } else { Phase::PartnerPending };
                Verdict::Wait { phase, schedule, reference: Some(reference.clone()) }
            }
            Answer::NotExecuted { retry_after, .. } if step == Step::Activate => {
                self.call_again(transaction, now, jitter, *retry_after)
            }
            // Never seen, or forgotten since: only the partner's people can tell.
            Answer::NotFound if self.may_be_forgotten(transaction) => {
                Verdict::Wait { phase: Phase::NeedsAttention, schedule: Schedule::Parked, reference: None }
            }
            // Never seen, and still early: the same key may be sent again. An order that the partner once acknowledged
            // is only asked about.
            Answer::NotFound if transaction.parts().reference.is_none() => {
                self.call_again(transaction, now, jitter, None)
            }
            Answer::NotExecuted { retry_after, .. } => self.stay_unclear(transaction, now, *retry_after),
            Answer::NotFound | Answer::Unknown { .. } => self.stay_unclear(transaction, now, None),
        }
    }

    fn call_again(
        &self,
        transaction: &Transaction,
        now: OffsetDateTime,
        jitter: Jitter,
        retry_after: Option<Duration>,
    ) -> Verdict {
        let ceiling = doubled(self.backoff_base, transaction.attempt().saturating_sub(1), self.backoff_cap);
        let delay = jitter.of(ceiling).max(self.honoured(retry_after));
        if transaction.age(now).saturating_add(delay) >= self.retry_horizon {
            return self.stay_unclear(transaction, now, None);
        }
        Verdict::Wait {
            phase: Phase::RetryScheduled,
            schedule: Schedule::Due(now.saturating_add(delay)),
            reference: None,
        }
    }

    fn stay_unclear(
        &self,
        transaction: &Transaction,
        now: OffsetDateTime,
        retry_after: Option<Duration>,
    ) -> Verdict {
        let schedule = self.ask_again(transaction, now, retry_after);
        let phase = match schedule {
            Schedule::Parked => Phase::NeedsAttention,
            _ if transaction.age(now) >= self.retry_horizon => Phase::Reconciling,
            _ => Phase::Unknown,
        };
        Verdict::Wait { phase, schedule, reference: None }
    }

    fn ask_again(
        &self,
        transaction: &Transaction,
        now: OffsetDateTime,
        retry_after: Option<Duration>,
    ) -> Schedule {
        let age = transaction.age(now);
        if age >= self.give_up_after {
            return Schedule::Parked;
        }
        let asked = transaction.attempt().saturating_sub(1);
        let wait = if age < self.retry_horizon {
            self.query_unit.saturating_mul(match asked {
                0 => 2,
                1 => 5,
                2 => 10,
                3 => 20,
                4 => 40,
                _ => 60,
            })
        } else {
            doubled(self.reconcile_base, asked.saturating_sub(6), self.reconcile_cap)
        };
        Schedule::Due(now.saturating_add(wait.max(self.honoured(retry_after))))
    }

    fn honoured(&self, retry_after: Option<Duration>) -> Duration {
        retry_after.unwrap_or(Duration::ZERO).clamp(Duration::ZERO, self.retry_after_cap)
    }
}

pub(crate) fn doubled(base: Duration, times: u32, cap: Duration) -> Duration {
    base.saturating_mul(1_i32 << times.min(16)).min(cap)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::activation_partner::ActivationPartner;
    use crate::ids::{AccountId, OfferId, TransactionId, UserId};
    use crate::money::{Amount, Currency};
    use crate::transaction::{Channel, ClaimOutcome, Order};

    const START: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const POLICY: RetryPolicy = RetryPolicy {
        lease: Duration::seconds(30),
        max_lost_leases: 5,
        backoff_base: Duration::seconds(1),
        backoff_cap: Duration::seconds(120),
        retry_after_cap: Duration::minutes(5),
        retry_horizon: Duration::minutes(10),
        query_unit: Duration::seconds(1),
        reconcile_base: Duration::minutes(1),
        reconcile_cap: Duration::minutes(30),
        give_up_after: Duration::hours(24),
    };

    fn claimed() -> Transaction {
        let order = Order {
            user: UserId(1),
            offer: OfferId(1),
            account: AccountId(100),
            amount: Amount::from_minor(1999, Currency::EUR).unwrap(),
            duration_days: 30,
            channel: Channel::Customer,
            renews: None,
            from_stock: false,
            activated_by: ActivationPartner::DEFAULT,
            trace: None,
        };
        let mut transaction = Transaction::place(TransactionId(Uuid::from_u128(1)), order, START);
        let outcome = transaction.claim(START, POLICY.lease, POLICY.max_lost_leases);
        assert_eq!(outcome, Ok(ClaimOutcome::Call(Step::Activate)));
        transaction
    }

    fn not_executed(retry_after: Option<Duration>) -> Answer {
        Answer::NotExecuted { reason: "503".into(), retry_after }
    }

    fn unknown() -> Answer {
        Answer::Unknown { reason: "time-out".into() }
    }

    fn judge(step: Step, answer: &Answer, age: Duration) -> Verdict {
        POLICY.judge(&claimed(), step, answer, START + age, Jitter(u32::MAX))
    }

    fn phase(verdict: &Verdict) -> Option<Phase> {
        match verdict {
            Verdict::Wait { phase, .. } => Some(*phase),
            _ => None,
        }
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        assert_eq!(RetryPolicy::default(), POLICY);
    }

    #[test]
    fn only_a_definite_word_of_the_partner_ends_an_order() {
        let hour = Duration::hours(1);
        for step in Step::ALL.iter().copied() {
            for age in [Duration::ZERO, hour, Duration::days(30)] {
                let confirmed = Answer::Confirmed { reference: "R".into() };
                assert!(matches!(judge(step, &confirmed, age), Verdict::Succeed { .. }));
                let refused = Answer::Refused { code: "barred".into(), message: "Barred".into() };
                assert!(matches!(judge(step, &refused, age), Verdict::Fail(_)));
                assert!(matches!(judge(step, &Answer::Voided, age), Verdict::Fail(_)));
                for silence in [not_executed(None), unknown(), Answer::NotFound] {
                    assert!(matches!(judge(step, &silence, age), Verdict::Wait { .. }), "{step} {silence:?}");
                }
            }
        }
    }

    #[test]
    fn a_call_that_had_no_effect_is_repeated_within_the_horizon() {
        let verdict = judge(Step::Activate, &not_executed(None), Duration::ZERO);
        assert_eq!(phase(&verdict), Some(Phase::RetryScheduled));
        let verdict = judge(Step::Activate, &not_executed(None), Duration::minutes(10));
        assert_eq!(phase(&verdict), Some(Phase::Reconciling));
    }

    #[test]
    fn retry_after_is_honoured_up_to_its_cap() {
        for (asked, honoured) in [
            (Duration::seconds(7), Duration::seconds(7)),
            (Duration::hours(2), Duration::minutes(5)),
            (Duration::seconds(-7), Duration::milliseconds(999)),
        ] {
            let verdict = judge(Step::Activate, &not_executed(Some(asked)), Duration::ZERO);
            let Verdict::Wait { schedule, .. } = verdict else { panic!("must wait") };
            assert_eq!(schedule, Schedule::Due(START + honoured), "asked for {asked}");
        }
    }

    #[test]
    fn an_unclear_answer_is_asked_about_before_any_second_call() {
        let verdict = judge(Step::Activate, &unknown(), Duration::ZERO);
        let schedule = Schedule::Due(START + Duration::seconds(2));
        assert_eq!(verdict, Verdict::Wait { phase: Phase::Unknown, schedule, reference: None });

        let mut transaction = claimed();
        transaction.wait(1, Phase::Unknown, schedule, None, START).unwrap();
        let later = START + Duration::seconds(2);
        assert_eq!(transaction.claim(later, POLICY.lease, 5), Ok(ClaimOutcome::Call(Step::Query)));
    }

    /// Claimed for the second time, this long after the first.
    fn claimed_again(age: Duration) -> (Transaction, ClaimOutcome) {
        let mut transaction = claimed();
        transaction.wait(1, Phase::RetryScheduled, Schedule::Due(START), None, START).unwrap();
        let outcome = transaction.claim(START + age, POLICY.lease, POLICY.max_lost_leases).unwrap();
        (transaction, outcome)
    }

    #[test]
    fn a_key_the_partner_never_saw_is_sent_again_early_and_voided_late() {
        let missing = Answer::NotFound;
        let (early, _) = claimed_again(Duration::minutes(1));
        assert_eq!(POLICY.follow_up(&early, Step::Query, &missing), None);
        assert_eq!(phase(&judge(Step::Query, &missing, Duration::minutes(1))), Some(Phase::RetryScheduled));
        let (late, _) = claimed_again(Duration::minutes(10));
        assert_eq!(POLICY.follow_up(&late, Step::Query, &missing), Some(Step::Void));
        assert_eq!(POLICY.follow_up(&late, Step::Activate, &missing), None);
    }

    #[test]
    fn a_key_that_may_be_forgotten_is_neither_voided_nor_sent_again() {
        let remembered = Duration::hours(24) - POLICY.lease;
        for (age, follows, stands) in [
            (remembered - Duration::SECOND, Some(Step::Void), Phase::Reconciling),
            (remembered, None, Phase::NeedsAttention),
            (Duration::days(9), None, Phase::NeedsAttention),
        ] {
            let (order, _) = claimed_again(age);
            assert_eq!(POLICY.follow_up(&order, Step::Query, &Answer::NotFound), follows, "after {age}");
            let verdict = POLICY.judge(&order, Step::Query, &Answer::NotFound, START + age, Jitter(0));
            assert_eq!(phase(&verdict), Some(stands), "after {age}");
        }
    }

    #[test]
    fn a_repeated_call_that_comes_too_late_becomes_a_question() {
        for (age, first) in [(Duration::minutes(1), Step::Activate), (Duration::hours(20), Step::Query)] {
            let (transaction, outcome) = claimed_again(age);
            assert_eq!(outcome, ClaimOutcome::Call(Step::Activate));
            assert_eq!(POLICY.first_call(&transaction, Step::Activate), first, "after {age}");
        }
        assert_eq!(
            POLICY.first_call(&claimed(), Step::Activate),
            Step::Activate,
            "the first call has no age"
        );
    }

    #[test]
    fn an_order_the_partner_acknowledged_is_never_sent_again() {
        let mut transaction = claimed();
        let due = Schedule::Due(START);
        transaction.wait(1, Phase::PartnerPending, due, Some("R".into()), START).unwrap();
        transaction.claim(START, POLICY.lease, 5).unwrap();
        let verdict = POLICY.judge(&transaction, Step::Query, &Answer::NotFound, START, Jitter(0));
        assert_eq!(phase(&verdict), Some(Phase::Unknown));
    }

    #[test]
    fn after_a_day_a_person_decides() {
        for answer in [unknown(), not_executed(None)] {
            let verdict = judge(Step::Query, &answer, Duration::hours(24));
            assert_eq!(phase(&verdict), Some(Phase::NeedsAttention));
        }
    }

    #[test]
    fn waits_grow_and_stop_growing() {
        assert_eq!(doubled(Duration::seconds(1), 3, Duration::seconds(120)), Duration::seconds(8));
        assert_eq!(doubled(Duration::seconds(1), 40, Duration::seconds(120)), Duration::seconds(120));
        assert_eq!(Jitter(0).of(Duration::seconds(8)), Duration::ZERO);
        assert_eq!(Jitter(u32::MAX).of(Duration::seconds(8)), Duration::milliseconds(7999));
    }
}
