//! All or nothing.

use offers_domain::ids::TransactionId;
use offers_domain::ports::{Constraint, StoreError};
use offers_domain::transaction::Transaction;
use offers_domain::user_offer::NewUserOffer;
use time::Duration;

use super::StoreHarness;
use super::world::World;
use crate::builders::{NOON, cents, new_user, order, places};

pub async fn what_a_unit_writes_is_visible_from_its_commit_on<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut unit = world.begin().await;
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    assert_eq!(world.queries.credentials("anna").await, Ok(None));
    unit.commit().await.unwrap();
    assert!(world.queries.credentials("anna").await.unwrap().is_some());
}

pub async fn a_unit_sees_its_own_writes<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    let mut unit = world.begin().await;
    let top_up = unit.lock_wallets(&[anna.user]).await.unwrap()[0].top_up(cents(500)).unwrap();
    unit.apply_transfers(&[top_up], NOON).await.unwrap();
    assert_eq!(unit.lock_wallets(&[anna.user]).await.unwrap()[0].balance().minor(), 500);
    unit.rollback().await.unwrap();
}

pub async fn a_unit_that_is_rolled_back_leaves_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut unit = world.begin().await;
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    unit.rollback().await.unwrap();
    assert_eq!(world.queries.credentials("anna").await, Ok(None));
}

pub async fn a_unit_that_is_dropped_leaves_nothing_and_the_next_one_works<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut unit = world.begin().await;
    unit.insert_users(&[new_user("anna")]).await.unwrap();
    drop(unit);
    world.commit(async |unit| unit.insert_users(&[new_user("anna")]).await).await;
    assert!(world.queries.credentials("anna").await.unwrap().is_some());
}

pub async fn a_batch_that_breaks_off_in_the_middle_leaves_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let ids: [TransactionId; 2] = [world.next_order(), world.next_order()];
    let orders = ids.map(|id| Transaction::place(id, order(anna.user, offer, anna.wallet, 400), NOON));
    let opens = |id| NewUserOffer { user: anna.user, offer, transaction: id, created_at: NOON };

    let mut unit = world.begin().await;
    let charges = ids.map(|id| (id, cents(400)));
    let mut wallet = unit.lock_wallets(&[anna.user]).await.unwrap().remove(0);
    let charges = charges.map(|(id, price)| wallet.charge(price, id).unwrap());
    unit.apply_transfers(&charges, NOON).await.unwrap();
    unit.insert_transactions(&orders).await.unwrap();
    unit.insert_user_offers(&[opens(ids[0])]).await.unwrap();
    drop(unit);
    world
        .commit(async |unit| {
            assert_eq!(unit.lock_wallets(&[anna.user]).await?[0].balance().minor(), 1000);
            assert_eq!(unit.lock_transactions(&ids).await?, []);
            assert_eq!(unit.lock_due_transactions(&places(10), NOON).await?.readable, []);
            Ok(())
        })
        .await;
    world.assert_sound().await;

    world
        .commit(async |unit| {
            unit.apply_transfers(&charges, NOON).await?;
            unit.insert_transactions(&orders).await?;
            unit.insert_user_offers(&ids.map(opens)).await
        })
        .await;
    assert_eq!(world.balance(anna).await, 200);
    world.assert_sound().await;
}

pub async fn nothing_of_a_unit_that_failed_can_be_committed<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    world.customer("anna", 0).await;
    let mut unit = world.begin().await;
    unit.insert_users(&[new_user("bert")]).await.unwrap();
    let taken = unit.insert_users(&[new_user("anna")]).await;
    assert_eq!(taken, Err(StoreError::Conflict(Constraint::Username)));
    assert!(unit.insert_users(&[new_user("cleo")]).await.is_err());
    assert!(unit.commit().await.is_err());
    for name in ["bert", "cleo"] {
        assert_eq!(world.queries.credentials(name).await, Ok(None));
    }
}

pub async fn the_stores_clock_never_goes_backwards<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let mut last = None;
    for _ in 0..5 {
        let now = world.commit(async |unit| unit.now().await).await;
        assert!(last.is_none_or(|last| last <= now));
        last = Some(now);
    }
}

pub async fn the_stores_time_is_kept_exactly<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let now = world.commit(async |unit| unit.now().await).await;
    let bought = world.buy_at(now, anna, offer).await;
    let kept = world.queries.status(bought.id()).await.unwrap().unwrap();
    assert_eq!(kept.created_at, now);
    let due = world.commit(async |unit| unit.lock_due_transactions(&places(1), now).await).await;
    assert_eq!(due.readable.len(), 1);
    let early = now - Duration::microseconds(1);
    assert_eq!(world.commit(async |unit| unit.lock_due_transactions(&places(1), early).await).await.readable, []);
}

pub async fn nothing_is_asked_and_nothing_is_done<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    world
        .commit(async |unit| {
            assert_eq!(unit.insert_users(&[]).await?, []);
            assert_eq!(unit.find_users(&[]).await?, []);
            assert_eq!(unit.open_wallets(&[], cents(1).currency(), NOON).await?, []);
            assert_eq!(unit.lock_wallets(&[]).await?, []);
            assert_eq!(unit.lock_accounts(&[]).await?, []);
            unit.apply_transfers(&[], NOON).await?;
            assert_eq!(unit.offers(&[]).await?, []);
            assert_eq!(unit.insert_offers(&[], NOON).await?, []);
            unit.insert_transactions(&[]).await?;
            assert_eq!(unit.lock_transactions(&[]).await?, []);
            assert_eq!(unit.lock_due_transactions(&places(0), NOON).await?.readable, []);
            unit.update_transactions(&[]).await?;
            unit.record_attempts(&[]).await?;
            assert_eq!(unit.holdings(&[], NOON).await?, []);
            unit.insert_user_offers(&[]).await?;
            assert_eq!(unit.lock_user_offers(&[]).await?, []);
            unit.update_user_offers(&[], NOON).await?;
            assert_eq!(unit.find_records(&[]).await?, []);
            unit.insert_records(&[]).await?;
            unit.record_audit(&[]).await?;
            assert_eq!(unit.lock_credentials(&[]).await?, []);
            unit.revoke_sessions(&[], NOON).await
        })
        .await;
}
