//! What belongs to one customer, as lists and details.

use offers_domain::ids::{TransactionId, UserId, UserOfferId};
use offers_domain::offer::{OfferTerms, OfferText, PurchasePolicy, Translations};
use offers_domain::page::Page;
use offers_domain::ports::TransactionFilter;
use offers_domain::transaction::{Channel, Status, Transaction, TransactionKind};
use offers_domain::user::Locale;
use offers_domain::user_offer::{Period, UserOfferStatus};
use offers_domain::views::{OfferName, OfferSummary, StatusView, TransactionView, UserOfferView};
use time::{Duration, OffsetDateTime};

use super::StoreHarness;
use super::world::{Customer, World, all_pages, page};
use crate::builders::{NOON, terms};

async fn transactions<H: StoreHarness>(
    world: &World<H>,
    user: UserId,
    filter: TransactionFilter,
    limit: u64,
) -> Vec<TransactionId> {
    let read = async |page| world.queries.transactions(user, &filter, &page).await.unwrap();
    let listed = all_pages(limit, |view: &TransactionView| view.status.place(), read).await;
    listed.iter().map(|view| view.status.transaction).collect()
}

async fn subscriptions<H: StoreHarness>(
    world: &World<H>,
    user: UserId,
    status: Option<UserOfferStatus>,
    now: OffsetDateTime,
) -> Vec<UserOfferView> {
    let read = async |page| world.queries.user_offers(user, status, &page, now).await.unwrap();
    all_pages(2, |view: &UserOfferView| view.id, read).await
}

/// So many orders, all of the same instant.
async fn buy_at_once<H: StoreHarness>(
    world: &World<H>,
    customer: Customer,
    count: usize,
) -> Vec<TransactionId> {
    let mut bought = Vec::new();
    for _ in 0..count {
        bought.push(world.buy(customer, world.offer_for(100).await).await.id());
    }
    bought
}

pub async fn nobody_has_a_balance_without_a_wallet<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    assert_eq!(world.queries.balance(UserId(987_654)).await, Ok(None));
}

pub async fn nobody_sees_what_is_anothers<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, bert) = (world.customer("anna", 1000).await, world.customer("bert", 1000).await);
    let offer = world.offer_for(400).await;
    let (hers, his) = (world.buy(anna, offer).await, world.buy(bert, offer).await);
    for (customer, own, other) in [(anna, &hers, &his), (bert, &his, &hers)] {
        let user = customer.user;
        assert_eq!(transactions(&world, user, TransactionFilter::default(), 10).await, [own.id()]);
        assert!(world.queries.transaction(user, own.id()).await.unwrap().is_some());
        assert_eq!(world.queries.transaction(user, other.id()).await, Ok(None));
        let held = subscriptions(&world, user, None, NOON).await;
        assert_eq!(held.iter().map(|view| view.transaction).collect::<Vec<_>>(), [own.id()]);
    }
}

pub async fn an_order_is_shown_with_its_offer<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let (anna, offer) = (world.customer("anna", 1000).await, world.offer_for(400).await);
    world.buy(anna, offer).await;
    let failed = world.refuse_all(NOON).await.remove(0);
    let expected = TransactionView {
        status: StatusView::from(&failed),
        kind: TransactionKind::Purchase,
        channel: Channel::Customer,
        offer: OfferSummary { id: offer, name: OfferName::from(&terms(1)) },
    };
    let listed = world.queries.transactions(anna.user, &TransactionFilter::default(), &page(10, None)).await;
    assert_eq!(listed, Ok(Page { items: vec![expected.clone()], has_more: false }));
    let detail = world.queries.transaction(anna.user, failed.id()).await.unwrap().unwrap();
    assert_eq!(detail.transaction, expected);
    let history: Vec<_> = detail.timeline.iter().map(|entry| (entry.version, entry.status)).collect();
    assert_eq!(history, [(1, Status::Pending), (2, Status::Processing), (3, Status::Failed)]);
}

pub async fn an_offer_is_named_in_every_language_that_it_is_translated_into<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let french = OfferText { name: "La fibre".into(), description: "Illimitée".into() };
    let translated = OfferTerms { translations: Translations { fr: Some(french) }, ..terms(400) };
    let name = OfferName::from(&translated);
    assert_eq!((name.text_in(Locale::Fr), name.text_in(Locale::En)), ("La fibre", "Fibre 1 Gb/s"));
    let order = world.buy(anna, world.offer(translated).await).await.id();
    world.confirm_all(NOON).await;

    let filter = TransactionFilter::default();
    let listed = world.queries.transactions(anna.user, &filter, &page(10, None)).await.unwrap();
    assert_eq!(listed.items[0].offer.name, name);
    let detail = world.queries.transaction(anna.user, order).await.unwrap().unwrap();
    assert_eq!(detail.transaction.offer.name, name);
    let file = world.queries.order_file(order).await.unwrap().unwrap();
    assert_eq!(file.order.transaction.offer.name, name);
    let held = subscriptions(&world, anna.user, None, NOON).await.remove(0);
    assert_eq!(held.offer.name, name);
    let until = NOON + Duration::days(60);
    let ending = world.queries.expiring(anna.user, until, &page(10, None), NOON).await.unwrap();
    assert_eq!(ending.items[0].offer.name, name);
    let one = world.queries.user_offer(anna.user, held.id, NOON).await.unwrap().unwrap();
    assert_eq!(one.offer.name, name);
}

pub async fn orders_are_listed_newest_first_across_pages<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let mut bought = buy_at_once(&world, anna, 5).await;
    bought.reverse();
    for limit in [1, 2, 5, 100] {
        let read = transactions(&world, anna.user, TransactionFilter::default(), limit).await;
        assert_eq!(read, bought, "in pages of {limit}");
    }
}

pub async fn an_order_placed_between_two_pages_moves_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let bought = buy_at_once(&world, anna, 4).await;
    let read = async |after| {
        let filter = TransactionFilter::default();
        let part = world.queries.transactions(anna.user, &filter, &page(2, after)).await.unwrap();
        part.items.iter().map(|view| view.status.place()).collect::<Vec<_>>()
    };
    let first = read(None).await;
    buy_at_once(&world, anna, 1).await;
    let second = read(first.last().copied()).await;
    let seen: Vec<TransactionId> = first.into_iter().chain(second).rev().map(|place| place.id).collect();
    assert_eq!(seen, bought);
}

pub async fn orders_are_narrowed_by_status_kind_and_time<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 9000).await;
    let offer = world.offer(OfferTerms { purchase_policy: PurchasePolicy::Extend, ..terms(400) }).await;
    let later = |minutes| NOON + Duration::minutes(minutes);
    let bought = world.buy(anna, offer).await.id();
    world.confirm_all(NOON).await;
    let refused = world.buy_at(later(1), anna, offer).await.id();
    world.refuse_all(later(1)).await;
    let renewal = world.buy_at(later(2), anna, offer).await.id();
    let by = async |filter| transactions(&world, anna.user, filter, 2).await;
    let all = TransactionFilter::default();
    let status = |status| TransactionFilter { status: Some(status), ..all };
    let kind = |kind| TransactionFilter { kind: Some(kind), ..all };
    assert_eq!(by(status(Status::Success)).await, [bought]);
    assert_eq!(by(status(Status::Failed)).await, [refused]);
    assert_eq!(by(status(Status::Pending)).await, [renewal]);
    assert_eq!(by(status(Status::Processing)).await, []);
    assert_eq!(by(kind(TransactionKind::Purchase)).await, [bought]);
    assert_eq!(by(kind(TransactionKind::Renewal)).await, [renewal, refused]);
    assert_eq!(by(TransactionFilter { from: Some(later(1)), ..all }).await, [renewal, refused]);
    assert_eq!(by(TransactionFilter { to: Some(later(1)), ..all }).await, [bought]);
    let narrow = TransactionFilter { from: Some(later(1)), to: Some(later(2)), ..kind(TransactionKind::Renewal) };
    assert_eq!(by(narrow).await, [refused]);
}

pub async fn a_subscription_is_shown_as_it_stands<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 9000).await;
    let offer = world.offer_for(100).await;
    let bought = world.buy(anna, offer).await;
    let pending = subscriptions(&world, anna.user, None, NOON).await.remove(0);
    let expected = UserOfferView {
        id: pending.id,
        offer: OfferSummary { id: offer, name: OfferName::from(&terms(1)) },
        transaction: bought.id(),
        status: UserOfferStatus::Pending,
        period: None,
        channel: Channel::Customer,
        auto_renew: false,
    };
    assert_eq!(pending, expected);
    let start = NOON + Duration::minutes(1);
    world.confirm_all(start).await;
    let period = Period { activated_at: start, expires_at: start + Duration::days(30) };
    let active = UserOfferView { status: UserOfferStatus::Active, period: Some(period), ..expected };
    assert_eq!(subscriptions(&world, anna.user, None, start).await, [active]);
}

pub async fn a_period_that_has_ended_is_shown_expired<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    buy_at_once(&world, anna, 1).await;
    world.confirm_all(NOON).await;
    let end = NOON + Duration::days(30);
    let last = end - Duration::microseconds(1);
    for (now, status, other) in [
        (last, UserOfferStatus::Active, UserOfferStatus::Expired),
        (end, UserOfferStatus::Expired, UserOfferStatus::Active),
    ] {
        let shown = subscriptions(&world, anna.user, None, now).await;
        assert_eq!(shown[0].status, status);
        assert_eq!(subscriptions(&world, anna.user, Some(status), now).await, shown);
        assert_eq!(subscriptions(&world, anna.user, Some(other), now).await, []);
    }
}

pub async fn subscriptions_are_listed_newest_first_and_narrowed_by_status<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let active = buy_at_once(&world, anna, 3).await;
    world.confirm_all(NOON).await;
    let cancelled = buy_at_once(&world, anna, 2).await;
    world.refuse_all(NOON).await;
    let pending = buy_at_once(&world, anna, 1).await;
    let of = async |status| {
        let views = subscriptions(&world, anna.user, status, NOON).await;
        views.iter().map(|view| view.transaction).rev().collect::<Vec<_>>()
    };
    assert_eq!(of(None).await, [&active[..], &cancelled[..], &pending[..]].concat());
    assert_eq!(of(Some(UserOfferStatus::Active)).await, active);
    assert_eq!(of(Some(UserOfferStatus::Cancelled)).await, cancelled);
    assert_eq!(of(Some(UserOfferStatus::Pending)).await, pending);
    assert_eq!(of(Some(UserOfferStatus::Expired)).await, []);
}

pub async fn a_subscription_opened_between_two_pages_moves_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 1000).await;
    let bought = buy_at_once(&world, anna, 4).await;
    let read = async |after: Option<UserOfferId>| {
        world.queries.user_offers(anna.user, None, &page(2, after), NOON).await.unwrap().items
    };
    let first = read(None).await;
    buy_at_once(&world, anna, 1).await;
    let second = read(first.last().map(|view| view.id)).await;
    let seen: Vec<TransactionId> =
        first.iter().chain(&second).rev().map(|view| view.transaction).collect();
    assert_eq!(seen, bought);
}

pub async fn a_renewal_is_an_order_of_its_own<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let anna = world.customer("anna", 9000).await;
    let offer = world.offer(OfferTerms { purchase_policy: PurchasePolicy::Extend, ..terms(400) }).await;
    world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    let renewal: Transaction = world.buy(anna, offer).await;
    world.confirm_all(NOON).await;
    let detail = world.queries.transaction(anna.user, renewal.id()).await.unwrap().unwrap();
    assert_eq!(detail.transaction.kind, TransactionKind::Renewal);
    assert_eq!(subscriptions(&world, anna.user, None, NOON).await.len(), 1);
}
