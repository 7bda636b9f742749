//! Where orders stand.

use offers_domain::ids::TransactionId;
use offers_domain::ports::{Backlog, OpenOrders};
use offers_domain::transaction::{Phase, Schedule, SubStatus};
use offers_domain::views::StatusView;
use time::Duration;
use uuid::Uuid;

use super::StoreHarness;
use super::world::{World, confirmed, refused};
use crate::builders::NOON;

pub async fn a_status_follows_its_order<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    for answer in [confirmed(), refused()] {
        let bought = world.buy(anna, offer).await;
        let read = async || world.queries.status(bought.id()).await.unwrap();
        assert_eq!(read().await, Some(StatusView::from(&bought)));
        let ended = world.settle_all(answer, NOON + Duration::seconds(1)).await.remove(0);
        assert_eq!(read().await, Some(StatusView::from(&ended)));
    }
}

pub async fn an_unknown_order_has_no_status<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.status(TransactionId(Uuid::from_u128(9))).await, Ok(None));
}

pub async fn versions_are_told_for_many_orders_at_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    assert_eq!(world.queries.versions(&[]).await, Ok(Vec::new()));
    let ended = world.buy(anna, offer).await.id();
    let version = world.settle_all(confirmed(), NOON + Duration::seconds(1)).await.remove(0).parts().version;
    let placed = world.buy(anna, offer).await.id();
    let unknown = TransactionId(Uuid::from_u128(9));
    let mut versions = world.queries.versions(&[ended, unknown, placed]).await.unwrap();
    versions.sort_unstable_by_key(|(_, version)| *version);
    assert_eq!(versions, [(placed, 1), (ended, version)]);
}

pub async fn the_backlog_counts_what_has_not_ended<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.backlog().await, Ok(Backlog::default()));
    let anna = world.customer("anna", 9000).await;
    let later = |minutes| NOON + Duration::minutes(minutes);
    world.buy_at(NOON, anna, world.offer_for(100).await).await;
    world.confirm_all(NOON).await;
    for minutes in 1..=3 {
        world.buy_at(later(minutes), anna, world.offer_for(100).await).await;
    }
    let stand = |sub_status, orders, oldest| OpenOrders { sub_status, orders, oldest: later(oldest) };
    let expected = Backlog { orders: vec![stand(SubStatus::Queued, 3, 1)], incidents: 0 };
    assert_eq!(world.queries.backlog().await, Ok(expected));
    let claimed = world.claim_all(later(3)).await;
    world
        .commit(async |unit| {
            let mut found = unit.lock_transactions(&[claimed[0].transaction.id()]).await?;
            found[0].wait(1, Phase::NeedsAttention, Schedule::Parked, None, later(3)).unwrap();
            unit.update_transactions(&[(*found[0]).clone()]).await
        })
        .await;
    let mut backlog = world.queries.backlog().await.unwrap();
    backlog.orders.sort_by_key(|stand| stand.sub_status);
    assert_eq!(backlog.orders, [stand(SubStatus::Calling, 2, 2), stand(SubStatus::NeedsAttention, 1, 1)]);
    assert_eq!((backlog.open(), backlog.parked(), backlog.oldest()), (3, 1, Some(later(1))));
}

pub async fn a_store_answers<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.ping().await, Ok(()));
}
