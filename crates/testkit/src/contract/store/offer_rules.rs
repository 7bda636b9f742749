//! Offers that are not sold to everybody, or not without end.

use std::slice::from_ref;

use offers_domain::activation::{OrderRefusal, PlaceOrder, Placed, Wish};
use offers_domain::ids::OfferId;
use offers_domain::offer::{OfferRules, OfferTerms, OfferText, Stock, Translations};
use offers_domain::user_offer::RenewalOf;

use super::StoreHarness;
use super::steps::{self, transact};
use super::world::{Customer, World};
use crate::builders::{NOON, handle, terms};

async fn ruled<H: StoreHarness>(world: &World<H>, rules: OfferRules) -> OfferId {
    world.offer(OfferTerms { rules, ..terms(100) }).await
}

/// An order with a key of its own: not a double click.
fn keyed<H: StoreHarness>(world: &World<H>, customer: Customer, offer: OfferId) -> PlaceOrder {
    let wish = world.wish(customer, offer);
    PlaceOrder { handle: Some(handle(customer.user, &wish.id.to_string(), 1)), ..wish }
}

async fn order<H: StoreHarness>(
    world: &World<H>,
    customer: Customer,
    offer: OfferId,
) -> Result<Placed, OrderRefusal> {
    let wish = keyed(world, customer, offer);
    world.commit(async |unit| steps::place(unit, from_ref(&wish), NOON).await).await.remove(0)
}

async fn taken<H: StoreHarness>(world: &World<H>, offer: OfferId) -> u32 {
    world.commit(async |unit| unit.lock_stocks(&[offer, offer]).await).await[0].taken
}

pub async fn rules_and_translations_are_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (first, second) = (world.offer_for(1).await, world.offer_for(2).await);
    let rules =
        OfferRules { stock: Some(0), per_customer: Some(7), requires: Some(first), excludes: Some(second) };
    let fr = Some(OfferText { name: "Fibre d’été".into(), description: "deux\nlignes".into() });
    let kept = OfferTerms { rules, translations: Translations { fr }, ..terms(100) };
    let id = world.offer(kept.clone()).await;
    assert_eq!(world.queries.offer(id).await.unwrap().unwrap().terms, kept);
    assert_eq!(world.commit(async |unit| unit.offers(&[id]).await).await[0].terms, kept);
}

pub async fn two_buyers_with_one_left_are_one_customer<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let other = world.harness.second_connection();
    let offer = ruled(&world, OfferRules { stock: Some(3), ..OfferRules::default() }).await;
    let mut wishes = Vec::new();
    for number in 0..8 {
        wishes.push(world.wish(world.customer(&format!("customer{number}"), 1000).await, offer));
    }
    let sell = async |store: &dyn offers_domain::ports::Store, wishes: &[PlaceOrder]| {
        let mut sold = 0;
        for wish in wishes {
            let batch = from_ref(wish);
            match transact(store, async |unit| steps::place(unit, batch, NOON).await).await.unwrap().remove(0) {
                Ok(_) => sold += 1,
                Err(refusal) => assert_eq!(refusal, OrderRefusal::SoldOut),
            }
        }
        sold
    };
    let (here, there) = tokio::join!(sell(&*world.store, &wishes[..4]), sell(&*other, &wishes[4..]));
    assert_eq!((here + there, taken(&world, offer).await), (3, 3));
    world.assert_sound().await;
}

pub async fn a_failed_order_gives_its_piece_back_and_a_renewal_takes_none<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 1000).await, world.customer("bert", 1000).await);
    let offer = ruled(&world, OfferRules { stock: Some(1), ..OfferRules::default() }).await;
    order(&world, anna, offer).await.unwrap();
    assert_eq!(order(&world, bert, offer).await, Err(OrderRefusal::SoldOut));
    world.refuse_all(NOON).await;
    assert_eq!(taken(&world, offer).await, 0);
    order(&world, bert, offer).await.unwrap();
    world.confirm_all(NOON).await;
    let renewal = PlaceOrder { wish: Wish::Renew(RenewalOf::Offer(offer)), ..keyed(&world, bert, offer) };
    let answers = world.commit(async |unit| steps::place(unit, from_ref(&renewal), NOON).await).await;
    assert!(answers[0].is_ok(), "{answers:?}");
    world.refuse_all(NOON).await;
    assert_eq!(taken(&world, offer).await, 1, "nor does it give one back");
    world.commit(async |unit| unit.update_stocks(&[Stock { offer, taken: 5 }]).await).await;
    assert_eq!(taken(&world, offer).await, 5);
    world.assert_sound().await;
}

pub async fn a_limit_counts_what_a_customer_has_had<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 1000).await, world.customer("bert", 1000).await);
    let offer = ruled(&world, OfferRules { per_customer: Some(2), ..OfferRules::default() }).await;
    let pairs = [(anna.user, offer), (bert.user, offer), (anna.user, offer)];
    let counts = async || world.commit(async |unit| unit.count_user_offers(&pairs).await).await;
    assert_eq!(counts().await, []);
    order(&world, anna, offer).await.unwrap();
    world.refuse_all(NOON).await;
    assert_eq!(counts().await, [], "what failed was never had");
    order(&world, anna, offer).await.unwrap();
    world.confirm_all(NOON).await;
    order(&world, anna, offer).await.unwrap();
    assert_eq!(counts().await, [((anna.user, offer), 2)]);
    assert_eq!(order(&world, anna, offer).await, Err(OrderRefusal::LimitReached));
    order(&world, bert, offer).await.unwrap();
}

pub async fn what_is_required_must_be_active_and_what_is_excluded_must_not<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, base) = (world.customer("anna", 1000).await, world.offer_for(100).await);
    let extra = ruled(&world, OfferRules { requires: Some(base), ..OfferRules::default() }).await;
    let rival = ruled(&world, OfferRules { excludes: Some(base), ..OfferRules::default() }).await;
    assert_eq!(order(&world, anna, extra).await, Err(OrderRefusal::Requires(base)));
    order(&world, anna, base).await.unwrap();
    assert_eq!(order(&world, anna, extra).await, Err(OrderRefusal::Requires(base)), "not on yet");
    assert_eq!(order(&world, anna, rival).await, Err(OrderRefusal::Excluded(base)), "but ordered");
    world.confirm_all(NOON).await;
    order(&world, anna, extra).await.unwrap();
    assert_eq!(order(&world, anna, rival).await, Err(OrderRefusal::Excluded(base)));
}

pub async fn holders_of_an_offer_are_told_from_others<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 1000).await, world.customer("bert", 1000).await);
    let offer = world.offer_for(100).await;
    let holds = async |customer: Customer| world.queries.holds(customer.user, offer).await.unwrap();
    assert!(!holds(anna).await);
    order(&world, bert, offer).await.unwrap();
    world.refuse_all(NOON).await;
    order(&world, anna, offer).await.unwrap();
    assert!(holds(anna).await && !holds(bert).await, "an order that failed is nothing to hold");
}
