//! Subscriptions.

use offers_domain::activation::Holding;
use offers_domain::ids::{TransactionId, UserOfferId};
use offers_domain::offer::{OfferTerms, PurchasePolicy};
use offers_domain::ports::UnitOfWork;
use offers_domain::user_offer::{NewUserOffer, Period, UserOffer, UserOfferRef, UserOfferState};
use time::Duration;
use uuid::Uuid;

use super::StoreHarness;
use super::world::World;
use crate::builders::{NOON, terms};

async fn opened_by(unit: &mut dyn UnitOfWork, transaction: TransactionId) -> UserOffer {
    let found = unit.lock_user_offers(&[UserOfferRef::OpenedBy(transaction)]).await.unwrap();
    *found[0].1
}

pub async fn a_purchase_opens_a_pending_subscription<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let mut unit = world.begin().await;
    let opened = opened_by(&mut *unit, bought.id()).await;
    assert_eq!((opened.user, opened.offer, opened.transaction), (anna.user, offer, bought.id()));
    assert_eq!(opened.state, UserOfferState::Pending);
    unit.rollback().await.unwrap();
}

pub async fn every_state_is_kept<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let period = Period { activated_at: NOON, expires_at: NOON + Duration::days(30) };
    for state in [
        UserOfferState::Active(period),
        UserOfferState::Expired(period),
        UserOfferState::Cancelled,
        UserOfferState::Pending,
    ] {
        let mut unit = world.begin().await;
        let changed = UserOffer { state, ..opened_by(&mut *unit, bought.id()).await };
        unit.update_user_offers(&[changed], NOON).await.unwrap();
        unit.commit().await.unwrap();
        let mut unit = world.begin().await;
        assert_eq!(opened_by(&mut *unit, bought.id()).await, changed);
        unit.rollback().await.unwrap();
    }
}

pub async fn subscriptions_are_locked_by_what_points_to_them<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let first = world.buy(anna, world.offer_for(400).await).await;
    let second = world.buy(anna, world.offer_for(400).await).await;
    let mut unit = world.begin().await;
    let (one, two) =
        (opened_by(&mut *unit, first.id()).await, opened_by(&mut *unit, second.id()).await);
    let by_id = UserOfferRef::Existing(two.id);
    let by_order = UserOfferRef::OpenedBy(first.id());
    let nowhere = [
        UserOfferRef::Existing(UserOfferId(987_654)),
        UserOfferRef::OpenedBy(TransactionId(Uuid::from_u128(u128::MAX))),
    ];
    let refs = [by_id, nowhere[0], by_order, nowhere[1], by_id];
    let found = unit.lock_user_offers(&refs).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|(pointer, user_offer)| (pointer, *user_offer)).collect();
    assert_eq!(found, [(by_order, one), (by_id, two)]);
    unit.rollback().await.unwrap();
}

pub async fn an_order_opens_one_subscription<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    let second = NewUserOffer { user: anna.user, offer, transaction: bought.id(), created_at: NOON };
    assert!(world.try_commit(async |unit| unit.insert_user_offers(&[second]).await).await.is_err());
    world.assert_sound().await;
}

pub async fn holdings_show_what_runs_and_what_is_open<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 9000).await, world.customer("bert", 9000).await);
    let (offer, other) = (world.offer_for(400).await, world.offer_for(500).await);
    let pairs = [(anna.user, offer), (anna.user, other), (bert.user, offer), (anna.user, offer)];
    let holdings = async |now| world.commit(async |unit| unit.holdings(&pairs, now).await).await;
    assert_eq!(holdings(NOON).await, []);

    let first = world.buy(anna, offer).await;
    let open = Holding { active: None, open: Some(first.id()) };
    assert_eq!(holdings(NOON).await, [((anna.user, offer), open)]);

    world.confirm_all(NOON).await;
    let mut unit = world.begin().await;
    let subscription = opened_by(&mut *unit, first.id()).await;
    unit.rollback().await.unwrap();
    let active = Holding { active: Some(subscription.id), open: None };
    assert_eq!(holdings(NOON).await, [((anna.user, offer), active)]);

    let last = NOON + Duration::days(30) - Duration::microseconds(1);
    assert_eq!(holdings(last).await, [((anna.user, offer), active)]);
    assert_eq!(holdings(NOON + Duration::days(30)).await, []);

    let second = world.buy(anna, offer).await;
    let both = Holding { active: Some(subscription.id), open: Some(second.id()) };
    assert_eq!(holdings(NOON).await, [((anna.user, offer), both)]);
    world.refuse_all(NOON).await;
    assert_eq!(holdings(NOON).await, [((anna.user, offer), active)]);
}

pub async fn a_renewal_extends_the_subscription_that_runs<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 9000).await;
    let offer = world.offer(OfferTerms { purchase_policy: PurchasePolicy::Extend, ..terms(400) }).await;
    let first = world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    let renewal = world.buy(anna, offer).await;
    world.confirm_all(NOON + Duration::days(1)).await;
    let mut unit = world.begin().await;
    let subscription = opened_by(&mut *unit, first.id()).await;
    assert_eq!(renewal.order().renews, Some(subscription.id));
    let period = Period { activated_at: NOON, expires_at: NOON + Duration::days(60) };
    assert_eq!(subscription.state, UserOfferState::Active(period));
    unit.rollback().await.unwrap();
    world.assert_sound().await;
}
