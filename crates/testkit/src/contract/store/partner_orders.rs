//! Orders that partners have placed.

use std::slice::from_ref;

use offers_domain::activation::{OrderRefusal, PlaceOrder, Placed};
use offers_domain::ids::TransactionId;
use offers_domain::ledger::TransferKind;
use offers_domain::money::{Currency, Money};
use offers_domain::offer::{OfferRules, OfferTerms};
use offers_domain::partner_channel::reference::{KnownPartnerOrder, PartnerReference, Reference};
use offers_domain::partner_channel::views::{PartnerOrderFilter, PartnerOrderView};
use offers_domain::ports::{Constraint, Store, StoreError};
use offers_domain::transaction::{Channel, Status};
use time::Duration;

use super::StoreHarness;
use super::steps;
use super::world::{World, all_pages, page};
use crate::builders::{NOON, cents, terms};

fn named(text: &str) -> Option<PartnerReference> {
    Some(PartnerReference::try_new(text).unwrap())
}

fn ids(views: &[PartnerOrderView]) -> Vec<TransactionId> {
    views.iter().map(|view| view.order.transaction).collect()
}

/// One wish in a unit of its own.
async fn place(store: &dyn Store, wish: &PlaceOrder) -> Result<Placed, OrderRefusal> {
    let batch = from_ref(wish);
    steps::transact(store, async |unit| steps::place(unit, batch, NOON).await).await.unwrap().remove(0)
}

pub async fn an_order_is_found_by_the_partners_own_name<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (kiosk, other) = (world.partner("Kiosk", 9000).await, world.partner("Other", 9000).await);
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let order = world.partner_buys(kiosk, customer, offer, 1, named("sale-1")).await;
    world.partner_buys(other, customer, offer, 2, named("sale-1")).await;
    let names = [(kiosk, named("sale-1").unwrap()), (kiosk, named("sale-2").unwrap())];
    let found = world.commit(async |unit| unit.find_partner_orders(&names).await).await;
    let known = KnownPartnerOrder { order, user: customer.user, offer, amount: cents(500) };
    assert_eq!(found, [known]);
}

pub async fn an_orders_names_are_taken_once<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    world.partner_buys(partner, customer, offer, 1, named("sale-1")).await;
    for (number, name, taken) in
        [(2, "sale-1", Constraint::PartnerReference), (1, "sale-2", Constraint::Reference)]
    {
        let again = world.try_partner_buys(partner, customer, offer, number, named(name)).await;
        assert_eq!(again, Err(StoreError::Conflict(taken)), "{name}");
    }
    for number in [3, 4] {
        world.partner_buys(partner, customer, offer, number, None).await;
    }
    world.assert_sound().await;
}

pub async fn a_partners_order_is_shown_with_its_names_and_its_history<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let order = world.partner_buys(partner, customer, offer, 1, named("sale-1")).await;
    world.confirm_all(NOON + Duration::SECOND).await;
    let shown = world.queries.partner_order(partner, order.reference).await.unwrap().unwrap();
    assert_eq!(shown.order, order);
    let transaction = shown.detail.transaction;
    assert_eq!((transaction.status.user, transaction.channel), (customer.user, Channel::Partner));
    assert_eq!((transaction.status.status, transaction.status.amount), (Status::Success, cents(500)));
    let versions: Vec<_> = shown.detail.timeline.iter().map(|entry| entry.version).collect();
    assert_eq!(versions, [1, 2, 3]);
}

pub async fn another_partners_order_is_as_unknown_as_nobodys<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (kiosk, other) = (world.partner("Kiosk", 9000).await, world.partner("Other", 9000).await);
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let order = world.partner_buys(kiosk, customer, offer, 1, None).await;
    assert_eq!(world.queries.partner_order(other, order.reference).await, Ok(None));
    assert_eq!(world.queries.partner_order(kiosk, Reference::from_bits(99)).await, Ok(None));
    let all = PartnerOrderFilter::default();
    assert_eq!(world.queries.partner_orders(other, &all, &page(10, None)).await.unwrap().items, []);
    assert_eq!(world.statement(other).await, []);
}

pub async fn a_partners_orders_are_listed_newest_first_across_pages<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 9000).await;
    let offer = world.offer_for(500).await;
    let mut placed = Vec::new();
    for number in 1..=5 {
        placed.push(world.partner_buys(partner, customer, offer, number, None).await.transaction);
    }
    world.buy(customer, world.offer_for(500).await).await;
    let all = PartnerOrderFilter::default();
    let read = async |page| world.queries.partner_orders(partner, &all, &page).await.unwrap();
    let listed = all_pages(2, |view: &PartnerOrderView| view.order.transaction, read).await;
    placed.reverse();
    assert_eq!(ids(&listed), placed);
}

pub async fn a_partners_orders_are_narrowed_by_status_name_and_time<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let first = world.partner_buys(partner, customer, offer, 1, named("sale-1")).await.transaction;
    world.confirm_all(NOON).await;
    let second = world.partner_buys(partner, customer, offer, 2, named("sale-2")).await.transaction;
    let none = PartnerOrderFilter::default;
    for (filter, expected) in [
        (PartnerOrderFilter { status: Some(Status::Success), ..none() }, vec![first]),
        (PartnerOrderFilter { status: Some(Status::Pending), ..none() }, vec![second]),
        (PartnerOrderFilter { partner_reference: Some("sale-1".into()), ..none() }, vec![first]),
        (PartnerOrderFilter { partner_reference: Some("sale-3".into()), ..none() }, vec![]),
        (PartnerOrderFilter { from: Some(NOON), ..none() }, vec![second, first]),
        (PartnerOrderFilter { to: Some(NOON), ..none() }, vec![]),
    ] {
        let listed = world.queries.partner_orders(partner, &filter, &page(10, None)).await.unwrap();
        assert_eq!(ids(&listed.items), expected, "{filter:?}");
    }
}

pub async fn a_failed_order_returns_its_money_to_the_settlement_account<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let order = world.partner_buys(partner, customer, offer, 1, None).await;
    world.refuse_all(NOON).await;
    let euros = |minor| Money::from_minor(minor, Currency::EUR);
    assert_eq!(world.settlement(partner).await.balance, euros(0));
    assert_eq!(world.balance(customer).await, 0);
    let statement = world.statement(partner).await;
    let name = Some((order.transaction, order.reference));
    let moved: Vec<_> = statement.iter().map(|entry| (entry.kind, entry.amount, entry.order)).collect();
    assert_eq!(
        moved,
        [(TransferKind::Refund, euros(500), name), (TransferKind::Charge, euros(-500), name)]
    );
    world.assert_sound().await;
}

pub async fn a_statement_is_paged_newest_first<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    for number in 1..=3 {
        world.partner_buys(partner, customer, offer, number, None).await;
    }
    world.refuse_all(NOON).await;
    let statement = world.statement(partner).await;
    assert_eq!(statement.len(), 6);
    assert!(statement.is_sorted_by(|newer, older| newer.id > older.id));
}

pub async fn an_order_goes_through_the_batch_with_its_names<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let sale = world.sale(partner, customer, offer, "sale-1").await;
    let again = world.sale_by(&sale, "sale-1");
    let other = world.sale_by(&sale, "sale-2");
    let batch = [sale.clone(), again, other];
    let answers = world.commit(async |unit| steps::place(unit, &batch, NOON).await).await;
    assert!(matches!(&answers[..], [Ok(Placed::Fresh(_)), Ok(Placed::Replayed { .. }), Ok(Placed::Fresh(_))]));

    let repeated = world.sale_by(&sale, "sale-1");
    let answers = world.commit(async |unit| steps::place(unit, from_ref(&repeated), NOON).await).await;
    let [Ok(Placed::Replayed { transaction, .. })] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(*transaction, sale.id);
    let listed = world.queries.partner_orders(partner, &PartnerOrderFilter::default(), &page(10, None)).await;
    assert_eq!(listed.unwrap().items.len(), 2);
    world.assert_sound().await;
}

pub async fn a_name_sent_twice_at_once_is_one_order<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let customer = world.customer("anna", 0).await;
    let offer = world.offer_for(500).await;
    let sale = world.sale(partner, customer, offer, "sale-1").await;
    let other = world.harness.second_connection();
    let wishes: [PlaceOrder; 4] = std::array::from_fn(|_| world.sale_by(&sale, "sale-1"));
    let answers = tokio::join!(
        place(&*world.store, &wishes[0]),
        place(&*other, &wishes[1]),
        place(&*world.store, &wishes[2]),
        place(&*other, &wishes[3]),
    );
    let answers = [answers.0, answers.1, answers.2, answers.3];
    let fresh = answers.iter().filter(|answer| matches!(answer, Ok(Placed::Fresh(_)))).count();
    let replayed = answers.iter().filter(|answer| matches!(answer, Ok(Placed::Replayed { .. }))).count();
    assert_eq!((fresh, replayed), (1, 3), "{answers:?}");
    world.assert_sound().await;
}

pub async fn the_last_piece_goes_to_a_partners_customer_or_to_another<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let partner = world.partner("Kiosk", 9000).await;
    let (anna, bert) = (world.customer("anna", 0).await, world.customer("bert", 500).await);
    let rules = OfferRules { stock: Some(1), ..OfferRules::default() };
    let offer = world.offer(OfferTerms { rules, ..terms(500) }).await;
    let sale = world.sale(partner, anna, offer, "sale-1").await;
    let own = world.wish(bert, offer);
    let other = world.harness.second_connection();
    let balances = async || {
        let settlement = world.settlement(partner).await;
        (settlement.balance.minor(), world.balance(bert).await)
    };

    let (sold, bought) = tokio::join!(place(&*world.store, &sale), place(&*other, &own));
    let charged = match (sold, bought) {
        (Ok(_), Err(OrderRefusal::SoldOut)) => (-500, 500),
        (Err(OrderRefusal::SoldOut), Ok(_)) => (0, 0),
        both => panic!("one piece is sold once: {both:?}"),
    };
    assert_eq!(balances().await, charged, "who gets nothing pays nothing");

    world.refuse_all(NOON).await;
    let again = world.sale_by(&sale, "sale-2");
    assert!(matches!(place(&*world.store, &again).await, Ok(Placed::Fresh(_))), "the piece came back");
    let late = world.wish(bert, offer);
    assert_eq!(place(&*other, &late).await, Err(OrderRefusal::SoldOut));
    assert_eq!(balances().await, (-500, 500));
    world.assert_sound().await;
}
