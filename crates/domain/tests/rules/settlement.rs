//! Ending a batch of claims.

use offers_domain::account::AccountError;
use offers_domain::auto_renew::{AutoRenew, RenewalObstacle};
use offers_domain::ids::{AccountId, UserId, UserOfferId};
use offers_domain::ledger::{SystemAccount, TransferKind};
use offers_domain::money::{Currency, MoneyError};
use offers_domain::notice::{News, Occasion};
use offers_domain::partner::{Answer, Step};
use offers_domain::ports::Locked;
use offers_domain::retry::{Jitter, RetryPolicy};
use offers_domain::settlement::{Attempt, Settle, SettleBook, SettleError, SettleWrites, settle};
use offers_domain::trace::TraceContext;
use offers_domain::transaction::{
    Channel, FailureKind, Order, Phase, Schedule, State, Status, SubStatus, Transaction, TransitionError,
};
use offers_domain::user_offer::{Period, UserOffer, UserOfferState, UserOfferStatus};
use time::{Duration, OffsetDateTime};

use crate::fixtures::{
    LEASE, MAX_LOST, NOW, OFFER, RENEWED, USER, WALLET, cents, claimed, id, purchase, renewal, wallet,
};

const MONTH: Duration = Duration::days(30);

fn confirmed() -> Answer {
    Answer::Confirmed { reference: "R-1".into() }
}

fn refused() -> Answer {
    Answer::Refused { code: "barred".into(), message: "The line is barred".into() }
}

fn unknown() -> Answer {
    Answer::Unknown { reason: "time-out".into() }
}

fn command(transaction: &Transaction, step: Step, answer: Answer) -> Settle {
    Settle {
        attempt: Attempt {
            transaction: transaction.id(),
            number: transaction.attempt(),
            step,
            answer,
            started_at: NOW,
            ended_at: NOW,
        },
        account: transaction.order().account,
        user_offer: transaction.user_offer(),
        jitter: Jitter(0),
    }
}

/// Every row that the end of these orders may need: one empty wallet, and their subscriptions in `state`.
fn book(transactions: &[&Transaction], state: UserOfferState) -> SettleBook {
    let mut book = SettleBook::default();
    book.accounts.insert(WALLET, wallet(USER, 0, Currency::EUR));
    for (number, transaction) in (RENEWED.0..).zip(transactions) {
        let (id, user_offer) = (transaction.id(), transaction.user_offer());
        let row = UserOffer {
            id: UserOfferId(number),
            user: USER,
            offer: OFFER,
            transaction: id,
            state,
            auto_renew: AutoRenew::Off,
        };
        book.transactions.insert(id, Locked::by_store((*transaction).clone()));
        book.user_offers.insert(user_offer, Locked::by_store(row));
    }
    book
}

type Answers = Vec<Result<Transaction, SettleError>>;

fn end(batch: &[Settle], book: &mut SettleBook, now: OffsetDateTime) -> (Answers, SettleWrites) {
    settle(batch, book, &RetryPolicy::default(), now)
}

/// Ends one claim on `transaction` with `answer`.
fn end_one(
    transaction: &Transaction,
    state: UserOfferState,
    step: Step,
    answer: Answer,
    now: OffsetDateTime,
) -> (Transaction, SettleWrites) {
    let (mut answers, writes) =
        end(&[command(transaction, step, answer)], &mut book(&[transaction], state), now);
    (answers.remove(0).unwrap(), writes)
}

fn active(expires_at: OffsetDateTime) -> UserOfferState {
    UserOfferState::Active(Period { activated_at: NOW - MONTH, expires_at })
}

#[test]
fn a_confirmed_order_succeeds_and_its_subscription_runs() {
    let claim = claimed(1, purchase());
    let (ended, writes) = end_one(&claim, UserOfferState::Pending, Step::Activate, confirmed(), NOW);
    assert_eq!(ended.parts().state, State::Success { at: NOW });
    assert_eq!(ended.parts().reference.as_deref(), Some("R-1"));
    assert_eq!(ended.parts().version, claim.parts().version + 1);

    let period = Period { activated_at: NOW, expires_at: NOW + MONTH };
    assert_eq!(writes.user_offers[0].state, UserOfferState::Active(period));
    assert_eq!(writes.transactions, [ended]);
    assert_eq!(writes.attempts, [command(&claim, Step::Activate, confirmed()).attempt]);
    assert!(writes.transfers.is_empty(), "the charge stays where it is");
}

#[test]
fn a_refused_or_voided_order_fails_and_its_money_goes_back() {
    let late = NOW + Duration::HOUR;
    for (step, answer, kind, sub_status) in [
        (Step::Activate, refused(), FailureKind::Refused, SubStatus::Refused),
        (Step::Query, refused(), FailureKind::Refused, SubStatus::Refused),
        (Step::Void, Answer::Voided, FailureKind::Unavailable, SubStatus::Voided),
    ] {
        let claim = claimed(1, purchase());
        let (ended, writes) = end_one(&claim, UserOfferState::Pending, step, answer, late);
        let State::Failed { at, failure } = &ended.parts().state else { panic!("{step} must fail") };
        assert_eq!((*at, failure.kind), (late, kind));
        assert_eq!((ended.status(), ended.sub_status()), (Status::Failed, sub_status));

        let [refund] = writes.transfers[..] else { panic!("one refund") };
        assert_eq!((refund.debit, refund.credit), (SystemAccount::Sales.id(), WALLET));
        assert_eq!((refund.amount, refund.kind), (purchase().amount, TransferKind::Refund));
        assert_eq!(refund.transaction, Some(id(1)));
        assert_eq!(writes.user_offers[0].status(), UserOfferStatus::Cancelled);
        assert_eq!((writes.transactions.len(), writes.attempts.len()), (1, 1));
    }
}

#[test]
fn the_customer_is_told_of_the_end_and_of_nothing_else() {
    let claim = claimed(1, purchase());
    let (transaction, offer) = (id(1), OFFER);
    let told = |answer| {
        let (_, writes) = end_one(&claim, UserOfferState::Pending, Step::Activate, answer, NOW);
        writes.news.iter().map(|news| (news.user, news.occasion)).collect::<Vec<_>>()
    };
    let succeeded = Occasion::ActivationSucceeded { transaction, offer, expires_at: NOW + MONTH };
    assert_eq!(told(confirmed()), [(USER, succeeded)]);
    let refund = Some(purchase().amount);
    assert_eq!(told(refused()), [(USER, Occasion::ActivationFailed { transaction, offer, refund })]);
    assert_eq!(told(unknown()), []);
}

#[test]
fn a_refund_to_somebody_else_is_not_the_customers_news() {
    let claim = claimed(1, purchase());
    let mut book = book(&[&claim], UserOfferState::Pending);
    let other = UserId(USER.0 + 1);
    book.accounts.insert(WALLET, wallet(other, 0, Currency::EUR));
    let (_, writes) = end(&[command(&claim, Step::Activate, refused())], &mut book, NOW);
    let occasion = Occasion::ActivationFailed { transaction: id(1), offer: OFFER, refund: None };
    assert_eq!(writes.news, [News { user: USER, occasion }]);
}

#[test]
fn an_order_without_a_definite_answer_waits_and_moves_no_money() {
    let pending = || Answer::Pending { reference: "R-1".into() };
    let busy = || Answer::NotExecuted { reason: "503".into(), retry_after: None };
    let (soon, hour, day) = (Duration::ZERO, Duration::HOUR, Duration::DAY);
    for (age, step, answer, phase) in [
        (soon, Step::Activate, busy(), Phase::RetryScheduled),
        (soon, Step::Activate, unknown(), Phase::Unknown),
        (soon, Step::Activate, pending(), Phase::PartnerPending),
        (soon, Step::Query, pending(), Phase::PartnerPending),
        (soon, Step::Query, busy(), Phase::Unknown),
        (soon, Step::Query, Answer::NotFound, Phase::RetryScheduled),
        (hour, Step::Query, pending(), Phase::PartnerPending),
        (hour, Step::Activate, busy(), Phase::Reconciling),
        (hour, Step::Void, unknown(), Phase::Reconciling),
        (day, Step::Query, unknown(), Phase::NeedsAttention),
        (day, Step::Query, pending(), Phase::NeedsAttention),
    ] {
        let what = format!("{} to {step} after {age}", answer.kind());
        let claim = claimed(1, purchase());
        let (waiting, writes) = end_one(&claim, UserOfferState::Pending, step, answer, NOW + age);
        let State::Processing { phase: found, schedule } = waiting.parts().state else {
            panic!("{what}: ended")
        };
        assert_eq!(found, phase, "{what}");
        assert_eq!(schedule == Schedule::Parked, phase == Phase::NeedsAttention, "{what}: {schedule:?}");
        assert!(writes.transfers.is_empty() && writes.user_offers.is_empty(), "{what}");
        assert_eq!((writes.transactions, writes.attempts.len()), (vec![waiting], 1), "{what}");
    }
}

#[test]
fn a_renewal_that_succeeds_extends_the_running_subscription() {
    for (old_end, new_end) in [(NOW + MONTH, NOW + MONTH * 2), (NOW - MONTH, NOW + MONTH)] {
        let claim = claimed(1, renewal());
        let (ended, writes) = end_one(&claim, active(old_end), Step::Activate, confirmed(), NOW);
        assert_eq!(ended.status(), Status::Success);
        assert_eq!(writes.user_offers[0].state, active(new_end), "its first day stays what it was");
    }
}

#[test]
fn a_renewal_that_fails_gives_the_money_back_and_keeps_the_old_end() {
    let claim = claimed(1, renewal());
    let mut book = book(&[&claim], active(NOW + MONTH));
    let (answers, writes) = end(&[command(&claim, Step::Activate, refused())], &mut book, NOW);
    assert_eq!(answers[0].as_ref().unwrap().status(), Status::Failed);
    assert_eq!(writes.transfers.len(), 1);
    assert!(writes.user_offers.is_empty());
    assert_eq!(book.user_offers[&claim.user_offer()].state, active(NOW + MONTH));
}

#[test]
fn an_answer_to_an_older_claim_comes_too_late() {
    let first = claimed(1, purchase());
    let mut second = first.clone();
    second.claim(NOW + LEASE, LEASE, MAX_LOST).unwrap();
    for answer in [confirmed(), refused(), unknown()] {
        let late = command(&first, Step::Activate, answer);
        let (answers, writes) = end(&[late], &mut book(&[&second], UserOfferState::Pending), NOW + LEASE);
        assert_eq!(answers, [Err(SettleError::Late(TransitionError::StaleClaim))]);
        assert_eq!(writes, SettleWrites::default());
    }
}

#[test]
fn a_final_order_is_deaf_to_every_later_answer() {
    for first in [confirmed(), refused()] {
        for second in [confirmed(), refused(), Answer::Voided, unknown()] {
            let claim = claimed(1, purchase());
            let batch =
                [command(&claim, Step::Activate, first.clone()), command(&claim, Step::Query, second)];
            let mut both = book(&[&claim], UserOfferState::Pending);
            let (answers, writes) = end(&batch, &mut both, NOW);
            assert!(answers[0].is_ok());
            assert_eq!(answers[1], Err(SettleError::Late(TransitionError::Final)), "in the same batch");
            assert_eq!(
                (writes.transactions.len(), writes.user_offers.len(), writes.attempts.len()),
                (1, 1, 1)
            );

            let (answers, writes) = end(&batch[1..], &mut both, NOW);
            assert_eq!(answers, [Err(SettleError::Late(TransitionError::Final))], "and in a later one");
            let contradicts = match (&first, &batch[1].attempt.answer) {
                (Answer::Confirmed { .. }, said) => said.returns_the_money(),
                (_, said) => matches!(said, Answer::Confirmed { .. }),
            };
            assert_eq!(writes.incidents.len(), usize::from(contradicts), "but it is written down");
            let others = SettleWrites { incidents: Vec::new(), ..writes };
            assert_eq!(others, SettleWrites::default());
        }
    }
}

#[test]
fn the_same_wait_counts_once() {
    let claim = claimed(1, purchase());
    let wait = command(&claim, Step::Activate, unknown());
    let (answers, writes) = end(&[wait.clone(), wait], &mut book(&[&claim], UserOfferState::Pending), NOW);
    assert_eq!(answers[1], Err(SettleError::Late(TransitionError::StaleClaim)));
    assert_eq!((writes.transactions.len(), writes.attempts.len()), (1, 1));
}

#[test]
fn a_row_that_is_missing_or_cannot_follow_fails_only_its_own_settlement() {
    type Spoil = fn(&mut SettleBook, &Settle);
    let without_order: Spoil = |book, broken| {
        book.transactions.remove(&broken.attempt.transaction);
    };
    let without_subscription: Spoil = |book, broken| {
        book.user_offers.remove(&broken.user_offer);
    };
    let without_account: Spoil = |book, broken| {
        book.accounts.remove(&broken.account);
    };
    let with_full_account: Spoil = |book, broken| {
        book.accounts.insert(broken.account, wallet(USER, i64::MAX, Currency::EUR));
    };
    let overflow = SettleError::Account(AccountError::Money(MoneyError::Overflow));
    let cases = [
        (unknown(), without_order, SettleError::Missing("transaction")),
        (confirmed(), without_subscription, SettleError::Missing("user offer")),
        (refused(), without_subscription, SettleError::Missing("user offer")),
        (refused(), without_account, SettleError::Missing("account")),
        (refused(), with_full_account, overflow),
    ];
    for (answer, spoil, expected) in cases {
        // The broken order has a wallet of its own; its neighbours share another.
        let other = AccountId(WALLET.0 + 1);
        let broken = claimed(2, Order { account: other, ..purchase() });
        let (before, after) = (claimed(1, purchase()), claimed(3, purchase()));
        let batch = [
            command(&before, Step::Activate, refused()),
            command(&broken, Step::Activate, answer),
            command(&after, Step::Activate, confirmed()),
        ];
        let mut book = book(&[&before, &broken, &after], UserOfferState::Pending);
        book.accounts.insert(other, wallet(USER, 0, Currency::EUR));
        spoil(&mut book, &batch[1]);

        let (answers, writes) = end(&batch, &mut book, NOW);
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{expected}");
        assert_eq!(answers[1], Err(expected));
        let written: Vec<_> = writes.transactions.iter().map(Transaction::id).collect();
        assert_eq!(written, [id(1), id(3)], "{expected}");
        assert_eq!(
            (writes.transfers.len(), writes.user_offers.len(), writes.attempts.len()),
            (1, 2, 2),
            "{expected}"
        );
    }
}

#[test]
fn a_subscription_that_was_given_up_is_not_switched_on() {
    let claim = claimed(1, purchase());
    let mut book = book(&[&claim], UserOfferState::Cancelled);
    let (answers, writes) = end(&[command(&claim, Step::Activate, confirmed())], &mut book, NOW);
    assert!(matches!(answers[0], Err(SettleError::UserOffer(_))));
    assert_eq!(writes, SettleWrites::default());
}

#[test]
fn failed_orders_of_one_wallet_are_refunded_one_by_one() {
    let (one, two) = (claimed(1, purchase()), claimed(2, purchase()));
    let batch = [command(&one, Step::Activate, refused()), command(&two, Step::Activate, refused())];
    let mut book = book(&[&one, &two], UserOfferState::Pending);
    let (_, writes) = end(&batch, &mut book, NOW);
    let refunded: Vec<_> = writes.transfers.iter().map(|refund| refund.transaction).collect();
    assert_eq!(refunded, [Some(id(1)), Some(id(2))]);
    assert_eq!(book.accounts[&WALLET].balance(), cents(4000).money());
}

#[test]
fn the_holder_is_told_when_the_last_renewal_by_itself_has_failed() {
    let period = Period { activated_at: NOW - MONTH, expires_at: NOW };
    let lease = Some(NOW + Duration::MINUTE);
    let partners = Order { channel: Channel::Partner, ..renewal() };
    let own = Order { trace: Some(TraceContext::of_order(id(1))), ..renewal() };
    for (auto_renew, at, order, told) in [
        (AutoRenew::On { next_try: None }, NOW, renewal(), true),
        (AutoRenew::On { next_try: lease }, NOW, renewal(), false),
        (AutoRenew::On { next_try: Some(NOW) }, NOW, renewal(), false),
        (AutoRenew::On { next_try: Some(NOW) }, NOW - Duration::SECOND, renewal(), false),
        (AutoRenew::Off, NOW, renewal(), false),
        (AutoRenew::On { next_try: None }, NOW, partners, false),
        (AutoRenew::On { next_try: None }, NOW, own, false),
    ] {
        let claim = claimed(1, order);
        let mut book = book(&[&claim], UserOfferState::Active(period));
        let held = book.user_offers.get_mut(&claim.user_offer()).unwrap();
        held.auto_renew = auto_renew;
        let (_, writes) = end(&[command(&claim, Step::Activate, refused())], &mut book, at);
        let occasion = Occasion::AutoRenewFailed {
            user_offer: RENEWED,
            offer: OFFER,
            price: cents(2000),
            expires_at: NOW,
            obstacle: RenewalObstacle::Partner,
        };
        assert_eq!(writes.news[1..] == [News { user: USER, occasion }], told, "{auto_renew:?} at {at}");
        assert_eq!(writes.news.len(), 1 + usize::from(told), "beside the order's own failure");
    }
}
