//! Looking after partners: what is done, and what the trail says of it.

use std::sync::Arc;

use offers_application::identity::{Caller, Deed, Origin};
use offers_application::partner_channel::{
    Agreed, KeyForm, ManagePartners, ManagePartnersError, PartnerForm, TermsChange,
};
use offers_application::seen::{Overtaken, Seen};
use offers_domain::account::{Account, AccountOwner, AccountParts};
use offers_domain::audit::{Actor, AuditEntry, Reason, RequestId, Subject};
use offers_domain::ids::{AccountId, ApiKeyId, PartnerId, SessionId};
use offers_domain::money::{Currency, Money};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHash, KeyMode, Scopes};
use offers_domain::partner_channel::{CreditLimit, Funding, PartnerName};
use offers_domain::ports::mocks::{MockApiKeys, MockUnitOfWork};
use offers_domain::ports::{Locked, StoreError};
use offers_domain::user::Role;
use offers_testkit::builders::{NOON, cents, key_holder, partner_terms};
use uuid::Uuid;

use crate::stage::{ANNA, Log, Stage, unit_without_audit};

const KIOSK: PartnerId = PartnerId(1);

fn euros(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn limit(minor: i64) -> CreditLimit {
    CreditLimit::try_new(euros(minor)).unwrap()
}

fn form() -> PartnerForm {
    let name = PartnerName::try_new("Kiosk").unwrap();
    PartnerForm { name, terms: partner_terms(), credit_limit: limit(5000) }
}

fn key_form() -> KeyForm {
    KeyForm { mode: KeyMode::Live, scopes: Scopes::all(), lifetime: None }
}

fn settlement() -> Locked<Account> {
    Locked::by_store(Account::from_parts(AccountParts {
        id: AccountId::settlement_of(KIOSK),
        owner: AccountOwner::Partner(KIOSK),
        balance: euros(-100),
        credit_limit: euros(5000),
    }))
}

/// A unit that knows the partner [`KIOSK`], whose key 8 was taken back and whose key 9 works.
fn writing_unit(log: &Log) -> MockUnitOfWork {
    let mut unit = unit_without_audit(log);
    unit.expect_live_sessions().returning(|asked, _| Ok(asked.iter().copied().collect()));
    let wrote = |what: &'static str| {
        let log = log.clone();
        move || log.note(what)
    };
    let (inserted, opened, limited, updated) =
        (wrote("partner"), wrote("account"), wrote("limit"), wrote("terms"));
    let (moved, issued, revoked) = (wrote("transfer"), wrote("key"), wrote("revocation"));
    unit.expect_insert_partner().returning(move |_| inserted().map(|()| KIOSK));
    unit.expect_open_settlement_account().returning(move |_, _, _| opened());
    unit.expect_lock_partner()
        .returning(|id| Ok((id == KIOSK).then(|| Locked::by_store(key_holder(KIOSK.0).partner))));
    unit.expect_lock_accounts().returning(|_| Ok(vec![settlement()]));
    unit.expect_set_credit_limit().returning(move |_, _, _| limited());
    unit.expect_update_partner().returning(move |_, _| updated());
    unit.expect_apply_transfers().returning(move |_, _| moved());
    unit.expect_find_records().returning(|_| Ok(Vec::new()));
    unit.expect_insert_records().returning(|_| Ok(()));
    unit.expect_api_keys().returning(|_| {
        let key = |id, revoked_at| ApiKey { id: ApiKeyId(id), revoked_at, ..key_holder(KIOSK.0).key };
        Ok(vec![key(8, Some(NOON)), key(9, None)])
    });
    unit.expect_insert_api_key().returning(move |_| issued().map(|()| ApiKeyId(10)));
    unit.expect_revoke_api_key().returning(move |_, _| revoked());
    unit
}

/// Writes into the log what the trail is told.
fn recording(log: &Log, told: impl Fn(&AuditEntry) -> String + Send + 'static) -> MockUnitOfWork {
    let mut unit = writing_unit(log);
    let log = log.clone();
    unit.expect_record_audit()
        .returning(move |entries| entries.iter().try_for_each(|entry| log.note(told(entry))));
    unit
}

fn details(entry: &AuditEntry) -> String {
    let details: Vec<_> = entry.details.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!((entry.subject, entry.at), (Subject::Partner(KIOSK), NOON));
    format!("{}: {}", entry.action, details.join(" "))
}

fn manage(stage: &Stage, unit: MockUnitOfWork) -> ManagePartners {
    let mut keys = MockApiKeys::new();
    keys.expect_generate().returning(|_| Ok(("ok_live_wxyz".into(), KeyHash([1; 32]))));
    ManagePartners { store: stage.store_of([unit]), keys: Arc::new(keys), ids: stage.ids.clone() }
}

/// A partner desk that tells its trail, and what it did in its one unit.
async fn done<T>(deed: impl AsyncFnOnce(ManagePartners) -> Result<T, ManagePartnersError>) -> Vec<String> {
    let stage = Stage::new();
    let unit = recording(&stage.log, details);
    assert!(deed(manage(&stage, unit)).await.is_ok());
    stage.log.entries().into_iter().filter(|entry| entry != "now").collect()
}

fn reason() -> Reason {
    Reason::try_new("bank transfer").unwrap()
}

fn system<'a>(reason: &'a Reason, origin: &'a Origin) -> Deed<'a> {
    Deed { by: None, reason, origin }
}

#[tokio::test]
async fn every_deed_is_in_the_trail_in_its_commit() {
    let (reason, origin) = (reason(), Origin::default());
    let deed = system(&reason, &origin);
    let change = TermsChange {
        funding: Some(Funding::Subscriber),
        requests_per_minute: Some(Some(90)),
        credit_limit: Some(limit(6000)),
        ..TermsChange::default()
    };
    assert_eq!(
        done(async |desk| desk.create(&form(), deed).await).await,
        [
            "begin",
            "partner",
            "account",
            "partner_created: active=true credit_limit=50.00 discount=0.00 funding=partner \
             requests_per_minute=default",
            "commit"
        ]
    );
    assert_eq!(
        done(async |desk| desk.change(KIOSK, &change, &Seen::whatever(), deed).await).await,
        [
            "begin",
            "limit",
            "terms",
            "partner_changed: credit_limit.from=50.00 credit_limit.to=60.00 funding.from=partner \
             funding.to=subscriber requests_per_minute.from=default requests_per_minute.to=90",
            "commit"
        ]
    );
    assert_eq!(
        done(async |desk| desk.credit(KIOSK, cents(700), None, deed).await).await,
        [
            "begin",
            "transfer",
            "partner_credited: amount=7.00 balance_after=6.00 balance_before=-1.00 currency=EUR \
             movement=00000000-0000-0000-0000-000000000001",
            "commit"
        ]
    );
    assert_eq!(
        done(async |desk| desk.issue_key(KIOSK, &key_form(), deed).await).await,
        ["begin", "key", "api_key_issued: key=10 mode=live scopes=activate,read,webhooks", "commit"]
    );
    assert_eq!(
        done(async |desk| desk.revoke_key(KIOSK, ApiKeyId(9), deed).await).await,
        ["begin", "revocation", "api_key_revoked: key=9", "commit"]
    );
}

#[tokio::test]
async fn terms_that_somebody_else_has_changed_since_stay_as_they_are() {
    let (reason, origin) = (reason(), Origin::default());
    let deed = system(&reason, &origin);
    let change = TermsChange { is_active: Some(false), ..TermsChange::default() };
    let limit_of = |agreed: &Agreed| agreed.credit_limit.to_string();
    let stage = Stage::new();
    let desk = manage(&stage, recording(&stage.log, details));
    let earlier = Seen::tagged(Some("40.00".into()), limit_of);
    let refused = desk.change(KIOSK, &change, &earlier, deed).await;
    assert_eq!(refused, Err(ManagePartnersError::Overtaken(Overtaken("50.00".into()))));
    assert_eq!(stage.log.entries().last().map(String::as_str), Some("rollback"));

    let seen = Seen::tagged(Some("50.00".into()), limit_of);
    let log = done(async |desk| desk.change(KIOSK, &change, &seen, deed).await).await;
    assert_eq!(log[..2], ["begin", "terms"]);
}

#[tokio::test]
async fn what_is_so_already_stays_so_without_a_trace() {
    let (reason, origin) = (reason(), Origin::default());
    let deed = system(&reason, &origin);
    let same = TermsChange {
        funding: Some(Funding::Partner),
        is_active: Some(true),
        credit_limit: Some(limit(5000)),
        ..TermsChange::default()
    };
    let changed = done(async |desk| desk.change(KIOSK, &same, &Seen::whatever(), deed).await).await;
    let revoked = done(async |desk| desk.revoke_key(KIOSK, ApiKeyId(8), deed).await).await;
    assert_eq!([changed, revoked], [["begin", "rollback"], ["begin", "rollback"]]);
}

#[tokio::test]
async fn a_deed_that_cannot_be_recorded_is_not_done() {
    let (reason, origin) = (reason(), Origin::default());
    let stage = Stage::new();
    let mut unit = writing_unit(&stage.log);
    let full = || StoreError::Misuse("the trail is full".into());
    unit.expect_record_audit().returning(move |_| Err(full()));
    let credited = manage(&stage, unit).credit(KIOSK, cents(700), None, system(&reason, &origin)).await;
    assert_eq!(credited, Err(ManagePartnersError::Store(full())));
    assert_eq!(stage.log.entries(), ["begin", "now", "now", "transfer", "rollback"]);
}

#[tokio::test]
async fn the_trail_says_who_did_it_and_why() {
    let staff = Caller { user: ANNA, role: Role::Staff, session: SessionId(Uuid::from_u128(1)) };
    let request = RequestId::try_new("req-1");
    let (reason, origin) = (reason(), Origin { request: request.clone(), address: None });
    for (by, actor) in [(None, Actor::System), (Some(&staff), Actor::Staff(ANNA))] {
        let stage = Stage::new();
        let unit = recording(&stage.log, move |AuditEntry { actor, reason, request, .. }| {
            format!("{actor:?} {reason:?} {request:?}")
        });
        let deed = Deed { by, reason: &reason, origin: &origin };
        manage(&stage, unit).credit(KIOSK, cents(700), None, deed).await.unwrap();
        let told = format!("{actor:?} {:?} {request:?}", Some(&reason));
        assert_eq!(stage.log.count(&told), 1, "{:?}", stage.log.entries());
    }
}
