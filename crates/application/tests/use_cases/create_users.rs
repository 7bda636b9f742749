//! Adding people.

use std::sync::Arc;

use offers_application::create_users::{CreateUserError, CreateUsers, FundedUser, UserForm};
use offers_application::identity::{Caller, Deed, Origin, Register, RegisterError};
use offers_domain::audit::{Actor, Reason};
use offers_domain::ids::{AccountId, SessionId};
use offers_domain::money::Currency;
use offers_domain::password::PasswordRefusal;
use offers_domain::ports::mocks::{MockPasswords, MockUnitOfWork};
use offers_domain::ports::{Constraint, Store, StoreError};
use offers_domain::text::TextError;
use offers_domain::user::{Role, UserError};
use offers_testkit::builders::{cents, new_user};
use uuid::Uuid;

use crate::stage::{ANNA, BEN, Stage, unit, wallet};

fn form() -> UserForm {
    UserForm {
        username: "anna".into(),
        email: "anna@example.com".into(),
        password: "correct horse".into(),
        role: Role::Customer,
    }
}

fn create_users(stage: &Stage, store: Arc<dyn Store>) -> CreateUsers {
    let mut passwords = MockPasswords::new();
    let log = stage.log.clone();
    passwords.expect_hash().returning(move |_| {
        log.add("hash");
        Ok("hashed".into())
    });
    CreateUsers {
        store,
        passwords: Arc::new(passwords),
        clock: stage.clock.clone(),
        ids: stage.ids.clone(),
        currency: Currency::EUR,
    }
}

/// A unit that adds Ben and Anna: their wallets are opened in this order and locked in the order of their ids.
fn unit_for_two(stage: &Stage) -> MockUnitOfWork {
    let mut unit = unit(&stage.log);
    unit.expect_insert_users().returning(|users| Ok([BEN, ANNA][..users.len()].to_vec()));
    unit.expect_open_wallets()
        .returning(|users, _, _| Ok(users.iter().map(|user| AccountId(100 + user.0)).collect()));
    unit.expect_lock_accounts().returning(|accounts| {
        let mut users: Vec<_> =
            [ANNA, BEN].into_iter().filter(|user| accounts.contains(&AccountId(100 + user.0))).collect();
        users.sort_unstable();
        Ok(users.into_iter().map(|user| wallet(user, 0)).collect())
    });
    let log = stage.log.clone();
    unit.expect_apply_transfers().returning(move |transfers, _| {
        let paid: Vec<_> =
            transfers.iter().map(|paid| format!("{}: {}", paid.credit, paid.amount.money())).collect();
        log.note(format!("apply {}", paid.join(", ")))
    });
    unit
}

#[tokio::test]
async fn a_person_is_added_with_an_empty_wallet_in_one_commit() {
    let stage = Stage::new();
    let store = stage.store_of([unit_for_two(&stage)]);
    assert_eq!(create_users(&stage, store).run(form(), Actor::System, &Origin::default()).await, Ok(BEN));
    assert_eq!(stage.log.entries(), ["hash", "begin", "now", "apply ", "audit user_created", "commit"]);
}

#[tokio::test]
async fn everybody_gets_their_own_first_money() {
    let stage = Stage::new();
    let people = [("ben", 2000), ("anna", 1000)]
        .map(|(name, money)| FundedUser { user: new_user(name), balance: Some(cents(money)) });
    let store = stage.store_of([unit_for_two(&stage)]);
    assert_eq!(
        create_users(&stage, store).add(&people, Actor::System, &Origin::default()).await,
        Ok(vec![BEN, ANNA])
    );
    assert_eq!(stage.log.count("apply 102: 20.00, 101: 10.00"), 1);
}

#[tokio::test]
async fn a_wrong_form_is_refused_before_anything_is_hashed() {
    for (form, expected) in [
        (UserForm { password: "short".into(), ..form() }, UserError::Password(PasswordRefusal::Length)),
        (
            UserForm { password: "Password123!".into(), ..form() },
            UserError::Password(PasswordRefusal::Common),
        ),
        (UserForm { password: "anna-2026".into(), ..form() }, UserError::Password(PasswordRefusal::Personal)),
        (
            UserForm { username: "an na".into(), ..form() },
            UserError::Username(TextError::Malformed("may hold letters, digits and @.+-_ only")),
        ),
    ] {
        let stage = Stage::new();
        let outcome =
            create_users(&stage, stage.no_store()).run(form, Actor::System, &Origin::default()).await;
        assert_eq!(outcome, Err(CreateUserError::Invalid(expected)));
        assert!(stage.log.entries().is_empty());
    }
}

#[tokio::test]
async fn a_name_is_given_once() {
    let stage = Stage::new();
    let mut taken = unit(&stage.log);
    taken.expect_insert_users().returning(|_| Err(StoreError::Conflict(Constraint::Username)));
    let outcome =
        create_users(&stage, stage.store_of([taken])).run(form(), Actor::System, &Origin::default()).await;
    assert_eq!(outcome, Err(CreateUserError::UsernameTaken));
    assert_eq!(stage.log.entries(), ["hash", "begin", "now", "rollback"]);
}

#[tokio::test]
async fn a_login_that_is_over_adds_nobody() {
    for (live, expected) in [(true, Ok(BEN)), (false, Err(CreateUserError::SessionEnded))] {
        let stage = Stage::new();
        let mut unit = unit_for_two(&stage);
        unit.expect_live_sessions()
            .returning(move |asked, _| Ok(asked.iter().copied().filter(|_| live).collect()));
        let by = Caller { user: ANNA, role: Role::Staff, session: SessionId(Uuid::from_u128(50)) };
        let (reason, origin) = (Reason::try_new("asked by telephone").unwrap(), Origin::default());
        let deed = Deed { by: Some(&by), reason: &reason, origin: &origin };
        let outcome = create_users(&stage, stage.store_of([unit])).by_staff(form(), deed).await;
        assert_eq!(outcome, expected);
        assert_eq!(stage.log.count("audit user_created"), usize::from(live));
        assert_eq!(stage.log.count("rollback"), usize::from(!live));
    }
}

#[tokio::test]
async fn strangers_sign_up_where_they_may() {
    for (open, expected) in [(true, Ok(BEN)), (false, Err(RegisterError::Closed))] {
        let stage = Stage::new();
        let store = if open { stage.store_of([unit_for_two(&stage)]) } else { stage.no_store() };
        let use_case = Register { users: create_users(&stage, store), open };
        let UserForm { username, email, password, .. } = form();
        assert_eq!(use_case.run(username, email, password, &Origin::default()).await, expected);
        assert_eq!(stage.log.count("audit user_registered"), usize::from(open));
    }
}
