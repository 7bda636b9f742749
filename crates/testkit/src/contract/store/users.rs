//! People.

use offers_domain::ids::UserId;
use offers_domain::ports::{Constraint, StoreError};
use offers_domain::user::{Locale, NewUser, Phone, Role, User, Username};
use time::Duration;

use super::StoreHarness;
use super::world::World;
use crate::builders::{NOON, new_user};

pub async fn people_are_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let all: Vec<NewUser> = Role::ALL
        .iter()
        .zip(Locale::ALL.iter().cycle())
        .map(|(role, locale)| {
            let phone = (*locale == Locale::Fr).then(|| Phone::try_new("+33612345678").unwrap());
            NewUser { role: *role, locale: *locale, phone, ..new_user(role.as_str()) }
        })
        .collect();
    let ids = world.commit(async |unit| unit.insert_users(&all).await).await;
    for (id, new) in ids.into_iter().zip(all) {
        let kept = world.queries.credentials(new.username.as_str()).await.unwrap().unwrap();
        assert_eq!(kept.password_hash, new.password_hash);
        let user = kept.user;
        assert_eq!((user.id, user.username.as_str()), (id, new.username.as_str()));
        assert_eq!((user.email.as_str(), user.phone.as_deref()), (new.email.as_str(), new.phone.as_ref().map(Phone::as_str)));
        assert_eq!((user.role, user.locale, user.is_active), (new.role, new.locale, true));
        assert_eq!(user.joined_at, NOON);
        assert_eq!(world.queries.user(id).await, Ok(Some(user)));
    }
}

pub async fn a_stranger_is_not_found<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    world.customer("anna", 0).await;
    for name in ["anna ", "ANNA", "ann", "", "%"] {
        assert_eq!(world.queries.credentials(name).await, Ok(None), "{name:?}");
    }
    assert_eq!(world.queries.user(UserId(987_654)).await, Ok(None));
}

pub async fn a_unit_finds_people_and_its_own_newcomers<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    let mut unit = world.begin().await;
    let bert = unit.insert_users(&[new_user("bert")]).await.unwrap()[0];
    let found = unit.find_users(&[bert, UserId(987_654), anna.user]).await.unwrap();
    let mut found: Vec<_> = found.iter().map(|user| (user.id, user.username.as_str())).collect();
    found.sort_unstable();
    assert_eq!(found, [(anna.user, "anna"), (bert, "bert")]);
    unit.rollback().await.unwrap();
}

pub async fn a_username_is_taken_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    let batch = [new_user("bert"), new_user("anna")];
    let outcome = world.try_commit(async |unit| unit.insert_users(&batch).await).await;
    assert_eq!(outcome, Err(StoreError::Conflict(Constraint::Username)));
    assert_eq!(world.queries.credentials("bert").await, Ok(None));
    assert_eq!(world.queries.credentials("anna").await.unwrap().unwrap().user.id, anna.user);
}

pub async fn a_password_is_replaced_for_its_owner_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    world.customer("bert", 0).await;
    let later = NOON + Duration::hours(1);
    world.commit(async |unit| unit.set_password_hash(anna.user, "$argon2id$new", later).await).await;
    let hash = async |name| world.queries.credentials(name).await.unwrap().unwrap().password_hash;
    assert_eq!(hash("anna").await, "$argon2id$new");
    assert_eq!(hash("bert").await, new_user("bert").password_hash);
}

pub async fn how_a_person_is_told_is_changed_for_them_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 0).await, world.customer("bert", 0).await);
    let number = Some("+33612345678");
    for phone in [number, None, number] {
        let before = world.queries.user(anna.user).await.unwrap().unwrap();
        let after = User { phone: phone.map(str::to_owned), locale: Locale::Fr, ..before };
        world.commit(async |unit| unit.set_contact(&after, NOON + Duration::HOUR).await).await;
        for (customer, expected) in [(anna, (phone, Locale::Fr)), (bert, (None, Locale::En))] {
            let user = world.queries.user(customer.user).await.unwrap().unwrap();
            assert_eq!((user.phone.as_deref(), user.locale), expected);
        }
    }
}

pub async fn what_a_person_may_do_is_changed_for_them_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 0).await, world.customer("bert", 0).await);
    let now = NOON + Duration::HOUR;
    world.commit(async |unit| unit.set_access(anna.user, Role::Staff, false, now).await).await;
    for (customer, expected) in [(anna, (Role::Staff, false)), (bert, (Role::Customer, true))] {
        let user = world.queries.user(customer.user).await.unwrap().unwrap();
        assert_eq!((user.role, user.is_active), expected);
    }
}

pub async fn credentials_are_locked_once_each_by_ascending_id<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 0).await, world.customer("bert", 0).await);
    let ids = [bert.user, anna.user, UserId(987_654), bert.user];
    let locked = world.commit(async |unit| unit.lock_credentials(&ids).await).await;
    let mut expected = Vec::new();
    for name in ["anna", "bert"] {
        expected.push(world.queries.credentials(name).await.unwrap().unwrap());
    }
    assert_eq!(locked.iter().map(|known| (**known).clone()).collect::<Vec<_>>(), expected);
}

pub async fn taken_usernames_are_told_all_at_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    for name in ["anna", "bert", "cleo"] {
        world.customer(name, 0).await;
    }
    let names = ["bert", "dora", "anna", "ANNA"].map(|name| Username::try_new(name).unwrap());
    let mut taken = world.queries.taken_usernames(&names).await.unwrap();
    taken.sort_unstable();
    assert_eq!(taken, ["anna", "bert"]);
    assert_eq!(world.queries.taken_usernames(&[]).await.unwrap(), [""; 0]);
}
