//! Idempotency records.

use std::slice::from_ref;

use offers_domain::activation::{OrderRefusal, PlaceOrder, Placed};
use offers_domain::idempotency::{IdempotencyHandle, IdempotencyRecord, Principal, Scope, StoredResponse};
use offers_domain::ids::{PartnerId, UserId};
use offers_domain::ports::{Constraint, StoreError};
use time::Duration;
use uuid::Uuid;

use super::StoreHarness;
use super::steps;
use super::world::World;
use crate::builders::{NOON, handle};

fn record(handle: IdempotencyHandle) -> IdempotencyRecord {
    IdempotencyRecord {
        handle,
        transaction: offers_domain::ids::TransactionId(Uuid::from_u128(7)),
        response: StoredResponse { status: 202, body: "{\"status\":\"PENDING\",\"x\":\"é\"}".into() },
        created_at: NOON,
    }
}

pub async fn a_record_is_found_in_its_scope_alone<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let kept = record(handle(UserId(1), "key", 1));
    world.commit(async |unit| unit.insert_records(from_ref(&kept)).await).await;
    let scope = kept.handle.scope.clone();
    let others = [
        Scope { principal: Principal::User(UserId(2)), ..scope.clone() },
        Scope { principal: Principal::Partner(PartnerId(1)), ..scope.clone() },
        Scope { route: "POST /renew", ..scope.clone() },
        handle(UserId(1), "other", 1).scope,
    ];
    assert_eq!(world.commit(async |unit| unit.find_records(&others).await).await, []);
    let [first, second, ..] = others;
    let found =
        world.commit(async |unit| unit.find_records(&[first.clone(), scope.clone(), second.clone()]).await);
    assert_eq!(found.await, [kept]);
}

pub async fn a_key_is_taken_once_in_its_scope<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let first = record(handle(UserId(1), "key", 1));
    let elsewhere = record(handle(UserId(2), "key", 1));
    world.commit(async |unit| unit.insert_records(&[first.clone(), elsewhere.clone()]).await).await;
    let again = record(handle(UserId(1), "key", 2));
    let outcome = world.try_commit(async |unit| unit.insert_records(from_ref(&again)).await).await;
    assert_eq!(outcome, Err(StoreError::Conflict(Constraint::IdempotencyKey)));
    let scope = again.handle.scope;
    assert_eq!(world.commit(async |unit| unit.find_records(from_ref(&scope)).await).await, [first]);
}

pub async fn the_same_request_has_one_effect_and_one_answer<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let send = async |body| {
        let wish = PlaceOrder { handle: Some(handle(anna.user, "key", body)), ..world.wish(anna, offer) };
        world.commit(async |unit| steps::place(unit, from_ref(&wish), NOON).await).await.remove(0)
    };
    let Ok(Placed::Fresh(first)) = send(1).await else { panic!("the first request was not taken") };
    let replayed = Placed::Replayed {
        transaction: first.id(),
        response: StoredResponse { status: 202, body: first.id().to_string() },
    };
    assert_eq!(send(1).await, Ok(replayed));
    assert_eq!(send(2).await, Err(OrderRefusal::KeyReused));
    assert_eq!(world.balance(anna).await, 600);
    world.assert_sound().await;
}

pub async fn old_records_are_forgotten<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let limit = NOON + Duration::hours(72);
    let old = record(handle(UserId(1), "old", 1));
    let young = IdempotencyRecord { created_at: limit, ..record(handle(UserId(1), "young", 1)) };
    world.commit(async |unit| unit.insert_records(&[old.clone(), young.clone()]).await).await;
    assert_eq!(world.commit(async |unit| unit.purge_records(limit, 10).await).await, 1);
    let scopes = [old.handle.scope, young.handle.scope.clone()];
    assert_eq!(world.commit(async |unit| unit.find_records(&scopes).await).await, [young]);
}

pub async fn the_oldest_records_are_forgotten_first_and_no_more_than_asked<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let aged = |number: i64| IdempotencyRecord {
        created_at: NOON - Duration::hours(number),
        ..record(handle(UserId(1), &number.to_string(), 1))
    };
    let [young, old, older, oldest] = [1, 2, 3, 4].map(aged);
    let records = [old.clone(), oldest, young.clone(), older];
    world.commit(async |unit| unit.insert_records(&records).await).await;
    let scopes = records.map(|record| record.handle.scope);
    let purge = async || world.commit(async |unit| unit.purge_records(young.created_at, 2).await).await;
    assert_eq!(purge().await, 2);
    let mut left = world.commit(async |unit| unit.find_records(&scopes).await).await;
    left.sort_by_key(|record| record.created_at);
    assert_eq!(left, [old, young.clone()]);
    assert_eq!(purge().await, 1);
    assert_eq!(world.commit(async |unit| unit.find_records(&scopes).await).await, from_ref(&young));
    assert_eq!(purge().await, 0);
}
