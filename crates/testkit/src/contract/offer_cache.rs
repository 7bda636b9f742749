//! What every cache of the catalogue's pages must do.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::OfferId;
use offers_domain::offer::{
    Category, Offer, OfferRules, OfferSort, OfferTerms, OfferText, PurchasePolicy, SaleWindow, Translations,
};
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::{Edition, OfferCache, OfferFilter, OfferKey, OfferListQuery, OfferLookup};
use time::Duration;
use tokio::task::JoinSet;

use crate::builders::{NOON, offer, terms};

/// This text, for the test that every case is listed.
pub const SOURCE: &str = include_str!("offer_cache.rs");

/// A cache under test.
#[async_trait]
pub trait OfferCacheHarness: Sized + Send + Sync {
    /// A new, empty cache, whose pages outlive the test.
    async fn fresh() -> Self;

    /// The cache, as one of the processes that share it sees it.
    fn cache(&self) -> Arc<dyn OfferCache>;
}

/// Runs the suite against an [`OfferCacheHarness`], one test for each case.
#[macro_export]
macro_rules! offer_cache_contract {
    ($harness:ty) => {
        $crate::contract_tests! { offer_cache, $harness:
            an_unknown_page_is_missing,
            a_page_is_found_as_it_was_put,
            pages_are_told_apart_by_every_part_of_the_question,
            a_page_put_again_replaces_the_other,
            a_change_of_the_catalogue_drops_every_page,
            a_page_read_before_a_change_is_never_served_after_it,
            whatever_is_put_during_changes_is_never_served_after_the_last,
        }
    };
}

fn query() -> OfferListQuery {
    OfferListQuery {
        filter: OfferFilter::default(),
        sort: OfferSort::Id,
        page: PageRequest { limit: PageLimit::default(), after: None },
    }
}

fn page(price: i64) -> Page<Offer> {
    Page { items: vec![offer(1, price)], has_more: false }
}

async fn edition<H: OfferCacheHarness>(harness: &H, query: &OfferListQuery) -> Edition {
    match harness.cache().get(query).await {
        OfferLookup::Missing(Some(edition)) => edition,
        other => panic!("not an open place: {other:?}"),
    }
}

async fn put<H: OfferCacheHarness>(harness: &H, query: &OfferListQuery, page: &Page<Offer>) {
    let edition = edition(harness, query).await;
    harness.cache().put(query, page, edition).await;
}

async fn found<H: OfferCacheHarness>(harness: &H, query: &OfferListQuery) -> Option<Page<Offer>> {
    match harness.cache().get(query).await {
        OfferLookup::Found(page) => Some(page),
        OfferLookup::Missing(_) => None,
    }
}

/// Nothing is known of a page that was never put.
pub async fn an_unknown_page_is_missing<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    assert_eq!(found(&harness, &query()).await, None);
}

/// Every field survives.
pub async fn a_page_is_found_as_it_was_put<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    let odd = OfferTerms {
        name: "Fibre \"été\" 📺".into(),
        description: "Two\nlines".into(),
        category: Category::Tv,
        sale: SaleWindow { from: Some(NOON), until: Some(NOON + Duration::microseconds(1)) },
        purchase_policy: PurchasePolicy::Reject,
        rules: OfferRules {
            stock: Some(0),
            per_customer: Some(u32::MAX),
            requires: Some(OfferId(1)),
            excludes: Some(OfferId(2)),
        },
        translations: Translations {
            fr: Some(OfferText { name: "Fibre «été»".into(), description: "Deux\nlignes".into() }),
        },
        ..terms(1)
    };
    let odd = Offer { id: OfferId(i64::MAX), terms: odd, is_active: false, version: u32::MAX };
    for page in [
        Page { items: vec![odd, offer(2, 1999)], has_more: true },
        Page { items: Vec::new(), has_more: false },
    ] {
        harness.cache().clear().await;
        put(&harness, &query(), &page).await;
        assert_eq!(found(&harness, &query()).await, Some(page));
    }
}

/// A filter, an order, a size, a place: each makes another page.
pub async fn pages_are_told_apart_by_every_part_of_the_question<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    let filters = [
        OfferFilter::default(),
        OfferFilter { category: Some(Category::Music), ..OfferFilter::default() },
        OfferFilter { text: Some("1".into()), ..OfferFilter::default() },
        OfferFilter { min_price: Some(1), ..OfferFilter::default() },
        OfferFilter { max_price: Some(1), ..OfferFilter::default() },
    ];
    let limit = PageLimit::default();
    let pages = [
        PageRequest { limit: PageLimit::MAX, after: None },
        PageRequest { limit, after: Some(OfferKey::Id(OfferId(1))) },
        PageRequest { limit, after: Some(OfferKey::Price(1, OfferId(1))) },
        PageRequest { limit, after: Some(OfferKey::Name("1".into(), OfferId(1))) },
    ];
    let mut queries: Vec<_> = filters.map(|filter| OfferListQuery { filter, ..query() }).into();
    queries.extend(pages.map(|page| OfferListQuery { page, ..query() }));
    queries.push(OfferListQuery { sort: OfferSort::PriceDescending, ..query() });
    for (price, query) in (1..).zip(&queries) {
        put(&harness, query, &page(price)).await;
    }
    for (price, query) in (1..).zip(&queries) {
        assert_eq!(found(&harness, query).await, Some(page(price)), "{query:?}");
    }
}

/// Two readers may write the same page back.
pub async fn a_page_put_again_replaces_the_other<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    let edition = edition(&harness, &query()).await;
    for price in [100, 200] {
        harness.cache().put(&query(), &page(price), edition).await;
        assert_eq!(found(&harness, &query()).await, Some(page(price)));
    }
}

/// Whichever page it was.
pub async fn a_change_of_the_catalogue_drops_every_page<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    let other = OfferListQuery { sort: OfferSort::Name, ..query() };
    for query in [&query(), &other] {
        put(&harness, query, &page(100)).await;
    }
    harness.cache().clear().await;
    for query in [&query(), &other] {
        assert_eq!(found(&harness, query).await, None);
        put(&harness, query, &page(200)).await;
        assert_eq!(found(&harness, query).await, Some(page(200)));
    }
}

/// A reader that is slow between its read and its write leaves nothing behind.
pub async fn a_page_read_before_a_change_is_never_served_after_it<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    let before = edition(&harness, &query()).await;
    harness.cache().clear().await;
    harness.cache().put(&query(), &page(100), before).await;
    assert_eq!(found(&harness, &query()).await, None);
    put(&harness, &query(), &page(200)).await;
    assert_eq!(found(&harness, &query()).await, Some(page(200)));
}

/// The same, with everybody at once: each writer puts what was true when it asked.
pub async fn whatever_is_put_during_changes_is_never_served_after_the_last<H: OfferCacheHarness>() {
    let harness = H::fresh().await;
    for round in 0..10 {
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let cache = harness.cache();
            tasks.spawn(async move {
                for _ in 0..10 {
                    if let OfferLookup::Missing(Some(edition)) = cache.get(&query()).await {
                        cache.put(&query(), &page(100), edition).await;
                    }
                }
            });
        }
        let late = edition_or_none(&harness).await;
        harness.cache().clear().await;
        tasks.join_all().await;
        harness.cache().clear().await;
        if let Some(late) = late {
            harness.cache().put(&query(), &page(100), late).await;
        }
        assert_eq!(found(&harness, &query()).await, None, "round {round}");
    }
}

async fn edition_or_none<H: OfferCacheHarness>(harness: &H) -> Option<Edition> {
    match harness.cache().get(&query()).await {
        OfferLookup::Missing(edition) => edition,
        OfferLookup::Found(_) => None,
    }
}
