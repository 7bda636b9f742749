//! What activation partners report of their own accord, and what they say too late.

use std::collections::{HashMap, HashSet};

use offers_domain::auto_renew::AutoRenew;
use offers_domain::callback::{Callback, CallbackBook, CallbackId, CallbackOutcome, CallbackWrites, hear};
use offers_domain::ids::{IncidentId, OfferId};
use offers_domain::incident::{Incident, IncidentKind, IncidentState, IncidentStatus, NewIncident};
use offers_domain::ledger::TransferKind;
use offers_domain::money::Currency;
use offers_domain::partner::{Answer, Repeated};
use offers_domain::ports::Locked;
use offers_domain::retry::RetryPolicy;
use offers_domain::settlement::{SettleBook, SettleWrites};
use offers_domain::transaction::{Failure, FailureKind, Phase, Schedule, Status, Transaction};
use offers_domain::user_offer::{UserOffer, UserOfferState};
use time::Duration;

use crate::fixtures::{NOW, OFFER, USER, WALLET, claimed, id, purchase, wallet};

fn confirmed() -> Answer {
    Answer::Confirmed { reference: "R".into() }
}

fn refused() -> Answer {
    Answer::Refused { code: "barred".into(), message: "Barred".into() }
}

fn pending() -> Answer {
    Answer::Pending { reference: "R".into() }
}

fn report(answer: Answer) -> Callback {
    let id = CallbackId::try_new("msg_1").unwrap();
    let partner = purchase().activated_by;
    Callback { partner, id, transaction: crate::fixtures::id(1), answer, repeated: Repeated::default() }
}

fn book(transaction: &Transaction) -> CallbackBook {
    let user_offer = UserOffer {
        id: offers_domain::ids::UserOfferId(1),
        user: USER,
        offer: OFFER,
        transaction: transaction.id(),
        state: UserOfferState::Pending,
        auto_renew: AutoRenew::Off,
    };
    let orders = SettleBook {
        accounts: HashMap::from([(WALLET, wallet(USER, 0, Currency::EUR))]),
        transactions: HashMap::from([(transaction.id(), Locked::by_store(transaction.clone()))]),
        user_offers: HashMap::from([(transaction.user_offer(), Locked::by_store(user_offer))]),
        ..SettleBook::default()
    };
    CallbackBook { orders, ..CallbackBook::default() }
}

fn heard(transaction: &Transaction, callback: Callback) -> (CallbackOutcome, CallbackWrites) {
    let policy = RetryPolicy::default();
    let (outcomes, writes) = hear(&[callback], &mut book(transaction), &policy, NOW + Duration::SECOND);
    assert_eq!(writes.received.len(), 1, "what is new is kept");
    assert_eq!(writes.received[0].outcome, outcomes[0]);
    (outcomes[0], writes)
}

/// An order that waits for the partner's decision.
fn waiting() -> Transaction {
    let mut transaction = claimed(1, purchase());
    transaction.wait(1, Phase::PartnerPending, Schedule::Due(NOW), Some("R".into()), NOW).unwrap();
    transaction
}

/// An order whose money is back.
fn failed() -> Transaction {
    let mut transaction = claimed(1, purchase());
    let failure = Failure { kind: FailureKind::Unavailable, message: "Given up.".into() };
    transaction.fail(1, failure, NOW).unwrap();
    transaction
}

fn succeeded() -> Transaction {
    let mut transaction = claimed(1, purchase());
    transaction.succeed(1, "R".into(), NOW).unwrap();
    transaction
}

#[test]
fn a_report_ends_an_order_that_is_called_for_waits_or_is_parked() {
    let mut parked = claimed(1, purchase());
    parked.wait(1, Phase::NeedsAttention, Schedule::Parked, None, NOW).unwrap();
    for order in [claimed(1, purchase()), waiting(), parked] {
        let (outcome, writes) = heard(&order, report(confirmed()));
        assert_eq!(outcome, CallbackOutcome::Settled);
        let after = &writes.settled.transactions[0];
        assert_eq!((after.status(), after.attempt()), (Status::Success, 2), "whoever held it has lost it");
        assert_eq!(after.parts().version, order.parts().version + 1, "one transition");
        assert_eq!(writes.settled.transfers, []);
        assert_eq!(writes.settled.attempts, [], "nobody has called");

        let (outcome, writes) = heard(&order, report(refused()));
        assert_eq!(outcome, CallbackOutcome::Settled);
        assert_eq!(writes.settled.transactions[0].status(), Status::Failed);
        let moved: Vec<_> = writes.settled.transfers.iter().map(|transfer| transfer.kind).collect();
        assert_eq!(moved, [TransferKind::Refund]);
    }
}

#[test]
fn a_report_without_an_end_or_of_nobodys_order_changes_nothing() {
    let placed = Transaction::place(id(1), purchase(), NOW);
    let stranger = Callback { transaction: id(2), ..report(confirmed()) };
    let others = Callback { partner: "tv-house".parse().unwrap(), ..report(confirmed()) };
    let other_offer = Repeated { offer: Some(OfferId(99)), ..Repeated::default() };
    let other_amount = Repeated { amount: Some("0.07".into()), ..Repeated::default() };
    let right = Repeated { offer: Some(OFFER), amount: Some("20.00".into()), currency: Some("EUR".into()) };
    for (order, callback, expected) in [
        (waiting(), report(pending()), CallbackOutcome::Noted),
        (waiting(), stranger, CallbackOutcome::Unknown),
        (waiting(), others, CallbackOutcome::Unknown),
        (placed, report(confirmed()), CallbackOutcome::Premature),
        (waiting(), Callback { repeated: other_offer, ..report(confirmed()) }, CallbackOutcome::Mismatched),
        (waiting(), Callback { repeated: other_amount, ..report(confirmed()) }, CallbackOutcome::Mismatched),
        (succeeded(), Callback { repeated: right, ..report(confirmed()) }, CallbackOutcome::Noted),
        (succeeded(), report(pending()), CallbackOutcome::Noted),
        (failed(), report(refused()), CallbackOutcome::Noted),
    ] {
        let (outcome, writes) = heard(&order, callback);
        assert_eq!(outcome, expected);
        assert_eq!(writes.settled, SettleWrites::default());
    }
}

#[test]
fn the_same_report_has_one_effect() {
    let (policy, order) = (RetryPolicy::default(), waiting());
    let batch = [report(confirmed()), report(confirmed())];
    let (outcomes, writes) = hear(&batch, &mut book(&order), &policy, NOW);
    assert_eq!(outcomes, [CallbackOutcome::Settled, CallbackOutcome::Duplicate]);
    assert_eq!((writes.received.len(), writes.settled.transactions.len()), (1, 1));
    let known = HashSet::from([(batch[0].partner, batch[0].id.clone())]);
    let (outcomes, writes) = hear(&batch, &mut CallbackBook { known, ..book(&order) }, &policy, NOW);
    assert_eq!(outcomes, [CallbackOutcome::Duplicate; 2]);
    assert_eq!(writes, CallbackWrites::default());
}

#[test]
fn a_report_that_its_order_cannot_follow_is_as_new_when_it_comes_again() {
    let (policy, order) = (RetryPolicy::default(), waiting());
    let mut broken = book(&order);
    broken.orders.user_offers.clear();
    let batch = [report(confirmed()), report(confirmed())];
    let (outcomes, writes) = hear(&batch, &mut broken, &policy, NOW);
    assert_eq!(outcomes, [CallbackOutcome::Unsettled; 2], "neither is taken for the other's repetition");
    assert_eq!(writes, CallbackWrites::default());
    let (outcome, _) = heard(&order, report(confirmed()));
    assert_eq!(outcome, CallbackOutcome::Settled);
}

#[test]
fn what_contradicts_the_end_is_an_incident_and_nothing_else() {
    for (order, answer, kind, state) in [
        (failed(), confirmed(), IncidentKind::LateSuccess, IncidentStatus::Voiding),
        (succeeded(), refused(), IncidentKind::LateRefusal, IncidentStatus::NeedsAttention),
    ] {
        let (outcome, mut writes) = heard(&order, report(answer));
        assert_eq!(outcome, CallbackOutcome::Incident);
        let incidents = std::mem::take(&mut writes.settled.incidents);
        assert_eq!(
            incidents.iter().map(|new| (new.kind, new.state().status())).collect::<Vec<_>>(),
            [(kind, state)]
        );
        assert_eq!(writes.settled, SettleWrites::default(), "no money moves and the order stays");
    }
}

fn incident() -> Incident {
    let new = NewIncident::of(&failed(), &confirmed(), NOW).unwrap();
    Incident {
        id: IncidentId(1),
        transaction: new.transaction,
        partner: new.partner,
        kind: new.kind,
        state: new.state(),
        evidence: new.evidence,
        attempt: 0,
        last_answer: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

#[test]
fn a_late_success_is_voided_until_the_partner_says_so() {
    let (policy, lease) = (RetryPolicy::default(), Duration::seconds(30));
    let mut one = incident();
    assert!(one.claim(NOW, lease));
    assert!(!one.claim(NOW + lease - Duration::MILLISECOND, lease), "somebody has it");
    let silent = Answer::Unknown { reason: "time-out".into() };
    assert!(!one.settle(7, &silent, &policy, NOW), "another claim's answer");
    assert!(one.settle(1, &silent, &policy, NOW));
    assert_eq!(one.state, IncidentState::Voiding(NOW + Duration::SECOND));
    assert!(one.claim(NOW + Duration::SECOND, lease));
    assert!(one.settle(2, &silent, &policy, NOW));
    assert_eq!(one.state, IncidentState::Voiding(NOW + Duration::seconds(2)), "waits grow");
    assert!(one.claim(NOW + Duration::MINUTE, lease) && one.settle(3, &Answer::Voided, &policy, NOW));
    assert_eq!((one.state, one.last_answer.as_deref()), (IncidentState::Resolved, Some("voided")));
    assert!(!one.claim(NOW + Duration::DAY, lease) && !one.settle(3, &Answer::Voided, &policy, NOW));
}

#[test]
fn after_a_day_without_success_a_person_decides() {
    let (policy, mut one, day) = (RetryPolicy::default(), incident(), NOW + Duration::DAY);
    assert!(one.claim(day, Duration::seconds(30)));
    assert!(one.settle(1, &Answer::Refused { code: "no".into(), message: "No".into() }, &policy, day));
    assert_eq!(one.state, IncidentState::NeedsAttention);
}
