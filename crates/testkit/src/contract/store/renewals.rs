//! Renewing subscriptions.

use std::slice::from_ref;

use offers_domain::activation::{OrderRefusal, PlaceOrder, Placed, Renewable, Wish};
use offers_domain::ids::{OfferId, UserId, UserOfferId};
use offers_domain::transaction::{Status, Transaction};
use offers_domain::user::Role;
use offers_domain::user_offer::{Period, RenewalOf, UserOffer, UserOfferRef, UserOfferState};
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::steps::{self, transact};
use super::world::{Customer, World};
use crate::builders::{NOON, place_order};

const MONTH: Duration = Duration::days(30);

/// The subscription that an order opened.
async fn opened<H: StoreHarness>(world: &World<H>, order: &Transaction) -> UserOffer {
    let pointer = UserOfferRef::OpenedBy(order.id());
    *world.commit(async |unit| unit.lock_user_offers(&[pointer]).await).await[0].1
}

/// A customer with 50 euros, an offer for 4 euros, and their subscription to it since noon.
async fn subscriber<H: StoreHarness>(world: &World<H>) -> (Customer, OfferId, UserOffer) {
    let (anna, offer) = (world.customer("anna", 5000).await, world.offer_for(400).await);
    let bought = world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    let subscription = opened(world, &bought).await;
    (anna, offer, subscription)
}

fn renewal<H: StoreHarness>(world: &World<H>, customer: Customer, of: RenewalOf) -> PlaceOrder {
    let any = OfferId(0);
    PlaceOrder { wish: Wish::Renew(of), ..place_order(world.next_order(), customer.user, any) }
}

async fn renew<H: StoreHarness>(
    world: &World<H>,
    customer: Customer,
    of: RenewalOf,
    now: OffsetDateTime,
) -> Result<Transaction, OrderRefusal> {
    let wish = renewal(world, customer, of);
    let answers = world.commit(async |unit| steps::place(unit, from_ref(&wish), now).await).await;
    answers.into_iter().next().unwrap().map(|placed| match placed {
        Placed::Fresh(transaction) => transaction,
        Placed::Replayed { .. } => panic!("there is no key"),
    })
}

async fn found<H: StoreHarness>(
    world: &World<H>,
    user: UserId,
    asked: &[RenewalOf],
) -> Vec<(RenewalOf, Renewable)> {
    let pairs: Vec<_> = asked.iter().map(|of| (user, *of)).collect();
    let found = world.commit(async |unit| unit.renewables(&pairs).await).await;
    found
        .into_iter()
        .map(|((found_user, of), renewable)| {
            assert_eq!(found_user, user);
            (of, renewable)
        })
        .collect()
}

fn until(end: OffsetDateTime) -> UserOfferState {
    UserOfferState::Active(Period { activated_at: NOON, expires_at: end })
}

pub async fn a_subscription_is_found_by_itself_and_by_its_offer<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, subscription) = subscriber(&world).await;
    let renewable = Renewable { subscription, open: None };
    for of in [RenewalOf::Subscription(subscription.id), RenewalOf::Offer(offer)] {
        assert_eq!(found(&world, anna.user, &[of, of]).await, [(of, renewable)], "once, however often asked");
    }
}

pub async fn nobody_renews_what_is_anothers_or_never_ran<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, subscription) = subscriber(&world).await;
    let bert = world.customer("bert", 5000).await;
    let failed = world.buy(bert, offer).await;
    world.refuse_all(NOON).await;
    let cancelled = opened(&world, &failed).await.id;
    let anothers = RenewalOf::Subscription(subscription.id);
    let asked = [anothers, RenewalOf::Subscription(cancelled), RenewalOf::Offer(offer)];
    assert_eq!(found(&world, bert.user, &asked).await, []);
    for of in asked {
        assert_eq!(renew(&world, bert, of, NOON).await, Err(OrderRefusal::UserOfferNotFound));
    }
    let unknown = RenewalOf::Subscription(UserOfferId(987_654));
    assert_eq!(renew(&world, anna, unknown, NOON).await, Err(OrderRefusal::UserOfferNotFound));
    assert_eq!(world.balance(bert).await, 5000);
}

pub async fn of_several_subscriptions_the_one_that_ends_last_is_meant<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, first) = subscriber(&world).await;
    let later = world.buy_at(NOON + Duration::days(1), anna, offer).await;
    let pending = opened(&world, &later).await;
    let by_offer = RenewalOf::Offer(offer);
    let meant = async || found(&world, anna.user, &[by_offer]).await[0].1.subscription.id;
    assert_eq!(meant().await, first.id, "one that runs rather than one that has not begun");
    world.confirm_all(NOON + Duration::days(1)).await;
    assert_eq!(meant().await, pending.id);
}

pub async fn a_renewal_extends_from_the_old_end<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, _, subscription) = subscriber(&world).await;
    let of = RenewalOf::Subscription(subscription.id);
    let order = renew(&world, anna, of, NOON + Duration::days(1)).await.unwrap();
    assert_eq!(order.order().renews, Some(subscription.id));
    let pointer = UserOfferRef::Existing(subscription.id);
    let state = async || world.commit(async |unit| unit.lock_user_offers(&[pointer]).await).await[0].1.state;
    assert_eq!(state().await, until(NOON + MONTH), "nothing changes before it has succeeded");
    world.confirm_all(NOON + Duration::days(2)).await;
    assert_eq!(state().await, until(NOON + MONTH * 2));
    assert_eq!(world.balance(anna).await, 4200);
    world.assert_sound().await;
}

pub async fn an_expired_subscription_is_renewed_from_now<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, _, subscription) = subscriber(&world).await;
    let ended = UserOffer { state: UserOfferState::Expired(subscription.period().unwrap()), ..subscription };
    world.commit(async |unit| unit.update_user_offers(&[ended], NOON).await).await;
    let late = NOON + Duration::days(100);
    renew(&world, anna, RenewalOf::Subscription(subscription.id), late).await.unwrap();
    world.confirm_all(late).await;
    let pointer = UserOfferRef::Existing(subscription.id);
    let renewed = world.commit(async |unit| unit.lock_user_offers(&[pointer]).await).await[0].1.state;
    assert_eq!(renewed, until(late + MONTH));
    world.assert_sound().await;
}

pub async fn a_failed_renewal_leaves_the_old_end_and_returns_the_money<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, subscription) = subscriber(&world).await;
    let before = world.balance(anna).await;
    renew(&world, anna, RenewalOf::Offer(offer), NOON).await.unwrap();
    assert_eq!(world.balance(anna).await, before - 400);
    let ended = world.refuse_all(NOON).await;
    assert_eq!(ended[0].status(), Status::Failed);
    assert_eq!(world.balance(anna).await, before);
    let of = RenewalOf::Subscription(subscription.id);
    assert_eq!(found(&world, anna.user, &[of]).await, [(of, Renewable { subscription, open: None })]);
    world.assert_sound().await;
}

pub async fn a_renewal_that_is_open_is_seen<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, subscription) = subscriber(&world).await;
    let second = world.buy(anna, offer).await;
    let of = RenewalOf::Subscription(subscription.id);
    let open = async || found(&world, anna.user, &[of]).await[0].1.open;
    assert_eq!(open().await, None, "an order for another subscription is none for this one");
    let order = renew(&world, anna, of, NOON).await.unwrap();
    assert_eq!(open().await, Some(order.id()));
    assert_eq!(renew(&world, anna, of, NOON).await, Err(OrderRefusal::OrderInProgress(order.id())));
    let not_on_yet = RenewalOf::Subscription(opened(&world, &second).await.id);
    assert_eq!(renew(&world, anna, not_on_yet, NOON).await, Err(OrderRefusal::OrderInProgress(second.id())));
    world.confirm_all(NOON).await;
    assert_eq!(open().await, None);
}

pub async fn nobodys_wallet_is_charged_without_a_login_while_they_are_locked_out<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, _, subscription) = subscriber(&world).await;
    let before = world.balance(anna).await;
    let of = RenewalOf::Subscription(subscription.id);
    let set_active = async |is_active: bool| {
        world.commit(async |unit| unit.set_access(anna.user, Role::Customer, is_active, NOON).await).await;
    };
    set_active(false).await;
    assert_eq!(renew(&world, anna, of, NOON).await, Err(OrderRefusal::CustomerLocked));
    assert_eq!(world.balance(anna).await, before);
    set_active(true).await;
    assert!(renew(&world, anna, of, NOON).await.is_ok());
    assert_eq!(world.balance(anna).await, before - 400);
    world.assert_sound().await;
}

pub async fn renewals_and_purchases_share_a_batch<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, subscription) = subscriber(&world).await;
    let bert = world.customer("bert", 5000).await;
    let batch = [
        renewal(&world, anna, RenewalOf::Subscription(subscription.id)),
        world.wish(bert, offer),
        renewal(&world, bert, RenewalOf::Subscription(subscription.id)),
        world.wish(anna, world.offer_for(100).await),
    ];
    let answers = world.commit(async |unit| steps::place(unit, &batch, NOON).await).await;
    let refused: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().copied()).collect();
    assert_eq!(refused, [None, None, Some(OrderRefusal::UserOfferNotFound), None]);
    world.confirm_all(NOON).await;
    assert_eq!((world.balance(anna).await, world.balance(bert).await), (4100, 4600));
    world.assert_sound().await;
}

pub async fn two_renewals_at_once_are_one<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer, subscription) = subscriber(&world).await;
    let other = world.harness.second_connection();
    let wishes = [
        renewal(&world, anna, RenewalOf::Subscription(subscription.id)),
        renewal(&world, anna, RenewalOf::Offer(offer)),
    ];
    let (here, there) = tokio::join!(
        transact(&*world.store, async |unit| steps::place(unit, &wishes[..1], NOON).await),
        transact(&*other, async |unit| steps::place(unit, &wishes[1..], NOON).await),
    );
    let answers = [here.unwrap().remove(0), there.unwrap().remove(0)];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    assert!(answers.iter().any(|answer| matches!(answer, Err(OrderRefusal::OrderInProgress(_)))));
    assert_eq!(world.balance(anna).await, 4200);
}
