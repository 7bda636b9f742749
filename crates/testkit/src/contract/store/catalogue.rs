//! Offers, in a unit and in lists.

use offers_domain::ids::OfferId;
use offers_domain::offer::{Category, Offer, OfferSort, OfferTerms, PurchasePolicy, SaleWindow};
use offers_domain::ports::{OfferFilter, OfferKey};
use time::Duration;

use super::StoreHarness;
use super::world::{World, all_pages, page};
use crate::builders::{NOON, cents, terms};

fn named(name: &str, price: i64) -> OfferTerms {
    OfferTerms { name: name.into(), ..terms(price) }
}

async fn insert<H: StoreHarness>(world: &World<H>, all: &[OfferTerms]) -> Vec<OfferId> {
    world.commit(async |unit| unit.insert_offers(all, NOON).await).await
}

/// The ids of the whole list, read in pages of `limit`.
async fn listed<H: StoreHarness>(
    world: &World<H>,
    filter: &OfferFilter,
    sort: OfferSort,
    limit: u64,
) -> Vec<OfferId> {
    let read = async |page| world.queries.offers_on_sale(filter, sort, &page, NOON).await.unwrap();
    let offers = all_pages(limit, |offer: &Offer| OfferKey::of(offer, sort), read).await;
    offers.iter().map(|offer| offer.id).collect()
}

pub async fn offers_are_kept_word_for_word<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let all: Vec<OfferTerms> = Category::ALL
        .iter()
        .zip(PurchasePolicy::ALL.iter().cycle())
        .map(|(category, policy)| OfferTerms {
            name: format!("Fibre \"é\" {category}"),
            description: "two\nlines".into(),
            category: *category,
            price: cents(99_999_999),
            duration_days: 3650,
            sale: SaleWindow { from: Some(NOON - Duration::microseconds(1)), until: None },
            purchase_policy: *policy,
            ..terms(1)
        })
        .collect();
    let ids = insert(&world, &all).await;
    let kept = world.commit(async |unit| unit.offers(&ids).await).await;
    for (id, terms) in ids.into_iter().zip(all) {
        let offer = Offer { id, terms, is_active: true, version: 1 };
        assert!(kept.contains(&offer));
        assert_eq!(world.queries.offer(id).await, Ok(Some(offer)));
    }
}

pub async fn an_unknown_offer_is_missing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let known = world.offer_for(100).await;
    let unknown = OfferId(987_654);
    assert_eq!(world.queries.offer(unknown).await, Ok(None));
    let found = world.commit(async |unit| unit.offers(&[unknown, known, known]).await).await;
    assert_eq!(found.iter().map(|offer| offer.id).collect::<Vec<_>>(), [known]);
}

pub async fn only_what_is_on_sale_is_listed<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let moment = Duration::microseconds(1);
    let sold = |from, until| OfferTerms { sale: SaleWindow { from, until }, ..terms(100) };
    let ids = insert(
        &world,
        &[
            sold(None, None),
            sold(Some(NOON), None),
            sold(Some(NOON + moment), None),
            sold(None, Some(NOON + moment)),
            sold(None, Some(NOON)),
        ],
    )
    .await;
    let all = listed(&world, &OfferFilter::default(), OfferSort::Id, 100).await;
    assert_eq!(all, [ids[0], ids[1], ids[3]]);
}

pub async fn a_list_is_narrowed_by_category_and_price<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let music = |price| OfferTerms { category: Category::Music, ..terms(price) };
    let ids = insert(&world, &[terms(100), terms(200), music(200), music(300)]).await;
    let by = async |filter: OfferFilter| listed(&world, &filter, OfferSort::Id, 100).await;
    let category = Some(Category::Music);
    assert_eq!(by(OfferFilter { category, ..OfferFilter::default() }).await, ids[2..]);
    assert_eq!(by(OfferFilter { min_price: Some(200), ..OfferFilter::default() }).await, ids[1..]);
    assert_eq!(by(OfferFilter { max_price: Some(200), ..OfferFilter::default() }).await, ids[..3]);
    let all = OfferFilter { category, min_price: Some(200), max_price: Some(299), text: None };
    assert_eq!(by(all).await, [ids[2]]);
}

pub async fn a_text_is_found_in_name_and_description_case_aside<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let described = OfferTerms { description: "with Fast lanes".into(), ..named("TV", 100) };
    let ids = insert(&world, &[named("FAST fibre", 100), described, named("Voice", 100)]).await;
    let filter = OfferFilter { text: Some("fast".into()), ..OfferFilter::default() };
    assert_eq!(listed(&world, &filter, OfferSort::Id, 100).await, ids[..2]);
}

pub async fn wildcards_in_a_text_are_plain_characters<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let ids = insert(&world, &["50% off", "50 off", "a_b", "acb", r"a\b", "it's"].map(|n| named(n, 1))).await;
    for (text, found) in [("0%", 0), ("a_b", 2), (r"a\b", 4), ("t's", 5)] {
        let filter = OfferFilter { text: Some(text.into()), ..OfferFilter::default() };
        assert_eq!(listed(&world, &filter, OfferSort::Id, 100).await, [ids[found]], "{text}");
    }
}

pub async fn every_sort_order_breaks_ties_by_id_across_pages<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let all = [("b", 300), ("a", 200), ("b", 100), ("a", 300), ("c", 200), ("b", 300), ("a", 100)];
    let ids = insert(&world, &all.map(|(name, price)| named(name, price))).await;
    for (sort, places) in [
        (OfferSort::Id, [0, 1, 2, 3, 4, 5, 6]),
        (OfferSort::Price, [2, 6, 1, 4, 0, 3, 5]),
        (OfferSort::PriceDescending, [0, 3, 5, 1, 4, 2, 6]),
        (OfferSort::Name, [1, 3, 6, 0, 2, 5, 4]),
    ] {
        let sorted = places.map(|place| ids[place]);
        for limit in [1, 2, 3, 7, 100] {
            let read = listed(&world, &OfferFilter::default(), sort, limit).await;
            assert_eq!(read, sorted, "by {sort} in pages of {limit}");
        }
    }
}

pub async fn an_offer_added_between_two_pages_moves_nothing<H: StoreHarness>() {
    let world = World::<H>::fresh().await;
    let ids = insert(&world, &[terms(100), terms(200), terms(300), terms(400)]).await;
    let read = async |after| {
        let (filter, sort) = (OfferFilter::default(), OfferSort::Price);
        world.queries.offers_on_sale(&filter, sort, &page(2, after), NOON).await.unwrap()
    };
    let first = read(None).await;
    assert!(first.has_more);
    insert(&world, &[terms(50), terms(150)]).await;
    let second = read(first.items.last().map(|offer| OfferKey::of(offer, OfferSort::Price))).await;
    assert!(!second.has_more);
    let seen: Vec<OfferId> = first.items.iter().chain(&second.items).map(|offer| offer.id).collect();
    assert_eq!(seen, ids);
}
