//! The words that rows, caches and clients share.

use std::fmt::Debug;
use std::str::FromStr;

use offers_domain::ids::{TransactionId, UserId};
use offers_domain::ledger::{SystemAccount, TransferKind};
use offers_domain::offer::{Category, OfferSort, PurchasePolicy};
use offers_domain::page::{Page, PageLimit};
use offers_domain::partner::{Answer, AnswerKind, Step};
use offers_domain::ports::Constraint;
use offers_domain::transaction::{Channel, FailureKind, Phase, Status, SubStatus, TransactionKind};
use offers_domain::user::{Locale, Role};
use offers_domain::user_offer::UserOfferStatus;
use time::Duration;

use crate::fixtures::id;

fn assert_spelled<T>(all: &[T])
where
    T: Copy + PartialEq + Debug + ToString + FromStr<Err: Debug>,
{
    let spellings: std::collections::HashSet<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!(spellings.len(), all.len(), "no two alike: {spellings:?}");
    for value in all {
        assert_eq!(value.to_string().parse::<T>().unwrap(), *value);
    }
    assert!("".parse::<T>().is_err());
}

#[test]
fn every_value_has_one_spelling_that_reads_back() {
    assert_spelled(AnswerKind::ALL);
    assert_spelled(Category::ALL);
    assert_spelled(Channel::ALL);
    assert_spelled(Constraint::ALL);
    assert_spelled(FailureKind::ALL);
    assert_spelled(Locale::ALL);
    assert_spelled(OfferSort::ALL);
    assert_spelled(Phase::ALL);
    assert_spelled(PurchasePolicy::ALL);
    assert_spelled(Role::ALL);
    assert_spelled(Status::ALL);
    assert_spelled(Step::ALL);
    assert_spelled(SubStatus::ALL);
    assert_spelled(SystemAccount::ALL);
    assert_spelled(TransactionKind::ALL);
    assert_spelled(TransferKind::ALL);
    assert_spelled(UserOfferStatus::ALL);
}

#[test]
fn ids_are_written_as_their_bare_values() {
    assert_eq!(UserId(7).to_string(), "7");
    assert_eq!("7".parse(), Ok(UserId(7)));
    assert!("seven".parse::<UserId>().is_err());
    assert_eq!(id(1).to_string().parse::<TransactionId>(), Ok(id(1)));
}

#[test]
fn only_a_refusal_and_an_accepted_void_return_the_money() {
    let text = || "x".to_owned();
    for (answer, kind, detail, returns) in [
        (Answer::Confirmed { reference: text() }, AnswerKind::Confirmed, Some("x"), false),
        (Answer::Pending { reference: text() }, AnswerKind::Pending, Some("x"), false),
        (Answer::Refused { code: text(), message: text() }, AnswerKind::Refused, Some("x: x"), true),
        (Answer::NotFound, AnswerKind::NotFound, None, false),
        (Answer::Voided, AnswerKind::Voided, None, true),
        (
            Answer::NotExecuted { reason: text(), retry_after: Some(Duration::SECOND) },
            AnswerKind::NotExecuted,
            Some("x"),
            false,
        ),
        (Answer::Unknown { reason: text() }, AnswerKind::Unknown, Some("x"), false),
    ] {
        assert_eq!(answer.kind(), kind);
        assert_eq!(answer.detail().as_deref(), detail, "{kind}");
        assert_eq!(answer.returns_the_money(), returns, "{kind}");
    }
}

#[test]
fn a_page_has_1_to_100_items_and_says_whether_another_follows() {
    for refused in [0, 101, u64::MAX] {
        assert!(PageLimit::try_new(refused).is_err());
    }
    let two = PageLimit::try_new(2).unwrap();
    assert_eq!(Page::from_overfetch(vec![1, 2, 3], two), Page { items: vec![1, 2], has_more: true });
    assert_eq!(Page::from_overfetch(vec![1, 2], two), Page { items: vec![1, 2], has_more: false });
}
