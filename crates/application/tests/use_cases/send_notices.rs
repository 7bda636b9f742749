//! Telling customers.

use std::sync::Arc;

use offers_application::send_notices::{Attempted, Claim, SendNotices, SendPorts};
use offers_domain::ids::{NoticeId, UserId};
use offers_domain::notice::{NoticeChannel, NoticeStatus, Occasion};
use offers_domain::offer::OfferText;
use offers_domain::ports::mocks::{MockMessenger, MockUnitOfWork};
use offers_domain::ports::{Locked, Measure, StoreError};
use offers_domain::sending::{Delivery, Notice, NoticeParts, NoticeState, SendPolicy};
use offers_domain::user::{Locale, Role, User};
use offers_testkit::builders::{NOON, offer};
use time::Duration;

use crate::stage::{ANNA, BEN, FIBRE, Stage};

const POLICY: SendPolicy = SendPolicy {
    lease: Duration::seconds(60),
    backoff_base: Duration::seconds(5),
    backoff_cap: Duration::minutes(30),
    give_up_after: Duration::hours(24),
};

fn notice(id: i64, user: UserId, state: NoticeState, attempt: u32) -> Notice {
    Notice::from_parts(NoticeParts {
        id: NoticeId(id),
        user,
        channel: NoticeChannel::Sms,
        occasion: Occasion::Expiring {
            user_offer: offers_domain::ids::UserOfferId(id),
            offer: FIBRE,
            expires_at: NOON + Duration::days(3),
            days: 3,
        },
        state,
        attempt,
        reason: None,
        created_at: NOON,
        updated_at: NOON,
    })
}

fn queued(id: i64, user: UserId) -> Notice {
    notice(id, user, NoticeState::Queued { due: NOON }, 0)
}

fn held(id: i64) -> Notice {
    notice(id, ANNA, NoticeState::Sending { until: NOON + POLICY.lease }, 1)
}

fn claim(id: i64, attempt: u32) -> Claim {
    Claim { notice: NoticeId(id), attempt }
}

/// Anna has a telephone, Ben has none any more.
fn people(ids: &[UserId]) -> Vec<User> {
    let person = |id: &UserId| User {
        id: *id,
        username: if *id == ANNA { "anna" } else { "ben" }.into(),
        email: "someone@example.com".into(),
        phone: (*id == ANNA).then(|| "+33612345678".to_owned()),
        role: Role::Customer,
        locale: Locale::Fr,
        is_active: true,
        joined_at: NOON,
    };
    ids.iter().map(person).collect()
}

fn use_case(stage: &Stage, messenger: MockMessenger, units: Vec<MockUnitOfWork>) -> SendNotices {
    let ports = SendPorts {
        store: stage.store_of(units),
        messenger: Arc::new(messenger),
        ids: stage.ids.clone(),
        metrics: stage.counter.clone(),
    };
    SendNotices::new(ports, NoticeChannel::Sms, POLICY)
}

/// A unit that hands out these notices and says how the changed ones stand.
fn due_unit(stage: &Stage, due: Vec<Notice>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    let [users, offers, updated] = std::array::from_fn(|_| stage.log.clone());
    unit.expect_lock_due_notices()
        .withf(|channel, limit, now| (*channel, *limit, *now) == (NoticeChannel::Sms, 8, NOON))
        .return_once(move |_, _, _| Ok(due.into_iter().map(Locked::by_store).collect()));
    unit.expect_find_users().returning(move |ids| {
        users.add(format!("find_users {}", ids.len()));
        Ok(people(ids))
    });
    unit.expect_offers().returning(move |ids| {
        offers.add(format!("offers {}", ids.len()));
        Ok(vec![offer(FIBRE.0, 100)])
    });
    unit.expect_update_notices().returning(move |changed| {
        let told: Vec<String> = changed.iter().map(|notice| notice.status().to_string()).collect();
        updated.note(format!("update {}", told.join(" ")))
    });
    unit
}

/// A unit in which these notices are locked.
fn held_unit(stage: &Stage, held: Vec<Notice>) -> MockUnitOfWork {
    let mut unit = stage.unit();
    let updated = stage.log.clone();
    unit.expect_lock_notices().return_once(move |_| Ok(held.into_iter().map(Locked::by_store).collect()));
    unit.expect_update_notices().returning(move |changed| {
        let told: Vec<String> =
            changed.iter().map(|notice| format!("{}={}", notice.id(), notice.status())).collect();
        updated.note(format!("update {}", told.join(" ")))
    });
    unit
}

fn settled(stage: &Stage) -> Vec<NoticeStatus> {
    let status = |measure: Measure| match measure {
        Measure::NoticeSettled { channel: NoticeChannel::Sms, status } => status,
        other => panic!("{other:?}"),
    };
    stage.counter.measures().into_iter().map(status).collect()
}

#[tokio::test]
async fn a_batch_is_claimed_with_names_and_addresses_in_one_unit() {
    let stage = Stage::new();
    let unit = due_unit(&stage, vec![queued(1, ANNA), queued(2, ANNA)]);
    let outgoing = use_case(&stage, MockMessenger::new(), vec![unit]).claim(8).await.unwrap();
    let claims: Vec<Claim> = outgoing.iter().map(|one| one.claim.clone()).collect();
    assert_eq!(claims, [claim(1, 1), claim(2, 1)]);
    let letter = &outgoing[0].letter;
    assert_eq!((letter.address.0.as_str(), letter.locale), ("+33612345678", Locale::Fr));
    assert_eq!((letter.username.as_str(), letter.offer.as_deref()), ("anna", Some("Fibre 1 Gb/s")));
    let entries = stage.log.entries();
    assert_eq!(entries, ["begin", "now", "find_users 2", "offers 2", "update sending sending", "commit"]);
    assert_eq!(settled(&stage), []);
}

#[tokio::test]
async fn an_offer_is_called_by_its_name_in_the_customers_language() {
    let french = OfferText { name: "La fibre 1 Gb/s".into(), description: "Illimitée".into() };
    for (locale, name) in [(Locale::Fr, "La fibre 1 Gb/s"), (Locale::En, "Fibre 1 Gb/s")] {
        let stage = Stage::new();
        let mut unit = stage.unit();
        unit.expect_lock_due_notices().returning(|_, _, _| Ok(vec![Locked::by_store(queued(1, ANNA))]));
        unit.expect_find_users().returning(move |ids| {
            Ok(people(ids).into_iter().map(|person| User { locale, ..person }).collect())
        });
        let mut translated = offer(FIBRE.0, 100);
        translated.terms.translations.fr = Some(french.clone());
        unit.expect_offers().returning(move |_| Ok(vec![translated.clone()]));
        unit.expect_update_notices().returning(|_| Ok(()));
        let outgoing = use_case(&stage, MockMessenger::new(), vec![unit]).claim(8).await.unwrap();
        assert_eq!(outgoing[0].letter.offer.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn what_has_nowhere_to_go_or_may_have_gone_already_is_ended_and_not_sent() {
    let stage = Stage::new();
    let vanished = notice(1, ANNA, NoticeState::Sending { until: NOON }, 1);
    let unit = due_unit(&stage, vec![vanished, queued(2, BEN)]);
    let outgoing = use_case(&stage, MockMessenger::new(), vec![unit]).claim(8).await.unwrap();
    assert_eq!(outgoing, []);
    assert_eq!(stage.log.count("update abandoned failed"), 1);
    assert_eq!(settled(&stage), [NoticeStatus::Abandoned, NoticeStatus::Failed]);
}

#[tokio::test]
async fn nothing_due_writes_nothing() {
    let stage = Stage::new();
    let unit = due_unit(&stage, Vec::new());
    let outgoing = use_case(&stage, MockMessenger::new(), vec![unit]).claim(8).await;
    assert_eq!(outgoing, Ok(Vec::new()));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));
}

#[tokio::test]
async fn a_letter_is_handed_over_with_no_unit_open() {
    let stage = Stage::new();
    let unit = due_unit(&stage, vec![queued(1, ANNA)]);
    let (mut messenger, log) = (MockMessenger::new(), stage.log.clone());
    messenger.expect_send().return_once(move |letter| {
        log.add(format!("send {}", letter.notice));
        Delivery::Delivered
    });
    let notices = use_case(&stage, messenger, vec![unit]);
    let one = notices.claim(8).await.unwrap().remove(0);
    assert_eq!(notices.send(one).await, Attempted { claim: claim(1, 1), delivery: Delivery::Delivered });
    assert_eq!(stage.log.entries()[5..], ["commit", "send 1"]);
}

#[tokio::test]
async fn outcomes_are_settled_in_one_unit_and_late_ones_change_nothing() {
    let stage = Stage::new();
    let unit = held_unit(&stage, vec![held(1), held(2), held(3)]);
    let reason = || "no".to_owned();
    let attempted = [
        Attempted { claim: claim(1, 1), delivery: Delivery::Delivered },
        Attempted { claim: claim(2, 1), delivery: Delivery::NotSent { reason: reason() } },
        Attempted { claim: claim(3, 9), delivery: Delivery::Refused { reason: reason() } },
    ];
    use_case(&stage, MockMessenger::new(), vec![unit]).settle(&attempted).await.unwrap();
    assert_eq!(stage.log.entries(), ["begin", "now", "update 1=sent 2=queued", "commit"]);
    assert_eq!(settled(&stage), [NoticeStatus::Sent, NoticeStatus::Queued]);
}

#[tokio::test]
async fn claims_that_are_given_back_are_due_again() {
    let stage = Stage::new();
    let unit = held_unit(&stage, vec![held(1), held(2)]);
    let notices = use_case(&stage, MockMessenger::new(), vec![unit]);
    notices.give_back(&[claim(1, 1), claim(2, 2)]).await.unwrap();
    assert_eq!(stage.log.count("update 1=queued"), 1);
    assert_eq!(settled(&stage), []);
}

#[tokio::test]
async fn a_store_that_is_away_is_said_so() {
    let stage = Stage::new();
    let mut unit = stage.unit();
    let down = StoreError::Unavailable("down".into());
    let error = down.clone();
    unit.expect_lock_notices().return_once(move |_| Err(error));
    let attempted = [Attempted { claim: claim(1, 1), delivery: Delivery::Delivered }];
    let outcome = use_case(&stage, MockMessenger::new(), vec![unit]).settle(&attempted).await;
    assert_eq!(outcome, Err(down));
    assert_eq!((settled(&stage), stage.log.count("rollback")), (vec![], 1));
}
