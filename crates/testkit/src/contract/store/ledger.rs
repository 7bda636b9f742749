//! Wallets and movements.

use offers_domain::account::AccountOwner;
use offers_domain::ids::{AccountId, UserId};
use offers_domain::ledger::{SystemAccount, Transfer, TransferKind};
use offers_domain::money::Currency;
use offers_domain::ports::{Constraint, StoreError};
use time::Duration;

use super::StoreHarness;
use super::world::World;
use crate::builders::{NOON, cents, new_user};

pub async fn a_wallet_opens_empty<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    let wallets = world.commit(async |unit| unit.lock_wallets(&[anna.user]).await).await;
    assert_eq!(wallets.len(), 1);
    assert_eq!(wallets[0].id(), anna.wallet);
    assert_eq!(wallets[0].owner(), AccountOwner::User(anna.user));
    assert_eq!(wallets[0].balance().minor(), 0);
    assert_eq!(wallets[0].balance().currency(), Currency::EUR);
}

pub async fn wallets_open_in_the_order_of_their_users<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let opened = world
        .commit(async |unit| {
            let users = unit.insert_users(&["anna", "bert", "cleo"].map(new_user)).await?;
            let reversed: Vec<UserId> = users.into_iter().rev().collect();
            let accounts = unit.open_wallets(&reversed, Currency::EUR, NOON).await?;
            Ok(reversed.into_iter().zip(accounts).collect::<Vec<_>>())
        })
        .await;
    for (user, account) in opened {
        let wallets = world.commit(async |unit| unit.lock_accounts(&[account]).await).await;
        assert_eq!(wallets[0].owner(), AccountOwner::User(user));
    }
}

pub async fn a_user_has_one_wallet<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 500).await;
    let second = world.try_commit(async |unit| unit.open_wallets(&[anna.user], Currency::EUR, NOON).await);
    assert!(second.await.is_err());
    assert_eq!(world.balance(anna).await, 500);
}

pub async fn a_top_up_reaches_the_balance<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 0).await;
    let later = NOON + Duration::hours(1);
    world
        .commit(async |unit| {
            let top_up = unit.lock_wallets(&[anna.user]).await?[0].top_up(cents(1250)).unwrap();
            unit.apply_transfers(&[top_up], later).await
        })
        .await;
    let view = world.queries.balance(anna.user).await.unwrap().unwrap();
    assert_eq!((view.balance.minor(), view.updated_at), (1250, later));
    world.assert_sound().await;
}

pub async fn accounts_are_locked_once_each_by_ascending_id<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1).await;
    let bert = world.customer("bert", 2).await;
    let cleo = world.customer("cleo", 3).await;
    let mut unit = world.begin().await;
    let users = [cleo.user, anna.user, UserId(987_654), cleo.user, bert.user];
    let wallets = unit.lock_wallets(&users).await.unwrap();
    let ids: Vec<AccountId> = wallets.iter().map(|wallet| wallet.id()).collect();
    assert_eq!(ids, [anna.wallet, bert.wallet, cleo.wallet]);
    let accounts = [bert.wallet, AccountId(987_654), bert.wallet, anna.wallet];
    let locked = unit.lock_accounts(&accounts).await.unwrap();
    let ids: Vec<AccountId> = locked.iter().map(|account| account.id()).collect();
    assert_eq!(ids, [anna.wallet, bert.wallet]);
    unit.rollback().await.unwrap();
}

pub async fn movements_of_one_batch_add_up<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(300).await);
    let bert = world.customer("bert", 1000).await;
    let orders = [world.buy(anna, offer).await, world.buy(bert, offer).await];
    let mut unit = world.begin().await;
    let mut wallets = unit.lock_wallets(&[anna.user, bert.user]).await.unwrap();
    let mut transfers = vec![wallets[0].top_up(cents(50)).unwrap()];
    for transaction in &orders {
        let wallet = wallets.iter_mut().find(|wallet| wallet.id() == transaction.order().account).unwrap();
        transfers.push(wallet.refund(cents(300), transaction.id()).unwrap());
    }
    unit.apply_transfers(&transfers, NOON).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!((world.balance(anna).await, world.balance(bert).await), (1050, 1000));
}

pub async fn an_order_is_charged_once<H: StoreHarness>() {
    assert_refused_the_second_time::<H>(TransferKind::Charge).await;
}

pub async fn an_order_is_refunded_once<H: StoreHarness>() {
    assert_refused_the_second_time::<H>(TransferKind::Refund).await;
}

async fn assert_refused_the_second_time<H: StoreHarness>(kind: TransferKind) {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(300).await);
    let bought = world.buy(anna, offer).await;
    world.refuse_all(NOON).await;
    let again = world.try_commit(async |unit| {
        let mut wallet = unit.lock_wallets(&[anna.user]).await?.remove(0);
        let transfer = match kind {
            TransferKind::Refund => wallet.refund(cents(300), bought.id()).unwrap(),
            _ => wallet.charge(cents(300), bought.id()).unwrap(),
        };
        unit.apply_transfers(&[transfer], NOON).await
    });
    assert_eq!(again.await, Err(StoreError::Conflict(Constraint::TransferOfTransaction)));
    assert_eq!(world.balance(anna).await, 1000);
    world.assert_sound().await;
}

pub async fn a_balance_never_falls_below_zero_whoever_asks<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let unchecked = Transfer {
        debit: anna.wallet,
        credit: SystemAccount::Losses.id(),
        amount: cents(1001),
        kind: TransferKind::TopUp,
        transaction: None,
    };
    let overdrawn = world.try_commit(async |unit| {
        unit.lock_accounts(&[anna.wallet]).await?;
        unit.apply_transfers(&[unchecked], NOON).await
    });
    assert_eq!(overdrawn.await, Err(StoreError::Conflict(Constraint::Balance)));
    assert_eq!(world.balance(anna).await, 1000);
    world.assert_sound().await;
}

pub async fn a_charge_for_no_order_is_never_committed<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let nobodys = world.next_order();
    let outcome = world.try_commit(async |unit| {
        let charge = unit.lock_wallets(&[anna.user]).await?[0].charge(cents(100), nobodys).unwrap();
        unit.apply_transfers(&[charge], NOON).await
    });
    assert!(outcome.await.is_err());
    assert_eq!(world.balance(anna).await, 1000);
    world.assert_sound().await;
}
