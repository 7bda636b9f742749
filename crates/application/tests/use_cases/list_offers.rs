//! Browsing the catalogue.

use std::sync::Arc;

use offers_application::fallback::Known;
use offers_application::list_offers::ListOffers;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Category, Offer, OfferSort, OfferTerms, SaleWindow};
use offers_domain::page::{Page, PageLimit, PageRequest};
use offers_domain::ports::mocks::MockOfferCache;
use offers_domain::ports::{Edition, OfferFilter, OfferKey, OfferListQuery, OfferLookup, StoreError};
use offers_testkit::builders::{NOON, offer, terms};
use time::Duration;

use crate::queries::MockQueries;
use crate::stage::{Log, Stage};

fn first_page() -> OfferListQuery {
    OfferListQuery {
        filter: OfferFilter { category: Some(Category::Internet), ..OfferFilter::default() },
        sort: OfferSort::Price,
        page: PageRequest { limit: PageLimit::default(), after: None },
    }
}

fn page(price: i64) -> Page<Offer> {
    Page { items: vec![offer(1, price)], has_more: true }
}

fn cache(log: &Log, lookup: OfferLookup) -> MockOfferCache {
    let mut cache = MockOfferCache::new();
    let get = log.clone();
    cache.expect_get().returning(move |_| {
        get.add("get");
        lookup.clone()
    });
    let put = log.clone();
    cache.expect_put().returning(move |query, page, edition| {
        assert_eq!(*query, first_page());
        put.add(format!("put {} in {}", page.items[0].terms.price.money(), edition.0));
    });
    cache
}

/// A store that answers with `page` whatever it is asked.
fn list_offers(stage: &Stage, lookup: OfferLookup, stored: Result<Page<Offer>, StoreError>) -> ListOffers {
    let mut queries = MockQueries::new();
    let log = stage.log.clone();
    queries.expect_offers_on_sale().returning(move |_, _, _, now| {
        assert_eq!(now, NOON);
        log.add("read");
        stored.clone()
    });
    ListOffers {
        cache: Arc::new(cache(&stage.log, lookup)),
        queries: Arc::new(queries),
        fallback: stage.fallback(),
        clock: stage.clock.clone(),
    }
}

#[tokio::test]
async fn a_cached_page_is_shown_without_the_store() {
    let stage = Stage::new();
    let down = Err(StoreError::Unavailable("down".into()));
    let list = list_offers(&stage, OfferLookup::Found(page(100)), down);
    assert_eq!(list.run(&first_page()).await, Ok(Known::current(page(100))));
    assert_eq!(stage.log.entries(), ["get"]);
}

#[tokio::test]
async fn a_missing_page_is_read_and_written_back_as_of_the_edition_before_the_read() {
    let stage = Stage::new();
    let list = list_offers(&stage, OfferLookup::Missing(Some(Edition(7))), Ok(page(200)));
    assert_eq!(list.run(&first_page()).await, Ok(Known::current(page(200))));
    assert_eq!(stage.log.entries(), ["get", "read", "put 2.00 in 7"]);
}

#[tokio::test]
async fn where_the_cache_cannot_keep_a_page_nothing_is_written_back() {
    let stage = Stage::new();
    let list = list_offers(&stage, OfferLookup::Missing(None), Ok(page(200)));
    assert_eq!(list.run(&first_page()).await, Ok(Known::current(page(200))));
    assert_eq!(stage.log.entries(), ["get", "read"]);
}

#[tokio::test]
async fn a_store_that_is_down_shows_where_the_page_is_missing() {
    let stage = Stage::new();
    let down = StoreError::Unavailable("down".into());
    let list = list_offers(&stage, OfferLookup::Missing(Some(Edition(7))), Err(down.clone()));
    assert_eq!(list.run(&first_page()).await, Err(down));
}

#[tokio::test]
async fn a_cached_page_with_an_offer_whose_sale_is_over_is_read_again() {
    for (until, expected) in [(NOON, 200), (NOON + Duration::SECOND, 100)] {
        let stage = Stage::new();
        let sale = SaleWindow { from: None, until: Some(until) };
        let ending = Offer { terms: OfferTerms { sale, ..terms(100) }, ..offer(1, 100) };
        let kept = Page { items: vec![ending], has_more: true };
        let list = list_offers(&stage, OfferLookup::Found(kept), Ok(page(200)));
        let shown = list.run(&first_page()).await.unwrap().value;
        assert_eq!(shown.items[0].terms.price.money().minor(), expected);
    }
}

#[tokio::test]
async fn searches_and_later_pages_go_past_the_cache() {
    let filters = [
        OfferFilter { text: Some("fibre".into()), ..OfferFilter::default() },
        OfferFilter { min_price: Some(1), ..OfferFilter::default() },
        OfferFilter { max_price: Some(1), ..OfferFilter::default() },
    ];
    let later = PageRequest { limit: PageLimit::default(), after: Some(OfferKey::Price(100, OfferId(1))) };
    let mut queries: Vec<_> = filters.map(|filter| OfferListQuery { filter, ..first_page() }).into();
    queries.push(OfferListQuery { page: later, ..first_page() });
    for query in queries {
        let stage = Stage::new();
        let list = list_offers(&stage, OfferLookup::Found(page(100)), Ok(page(200)));
        assert_eq!(list.run(&query).await, Ok(Known::current(page(200))), "{query:?}");
        assert_eq!(stage.log.entries(), ["read"]);
    }
}

/// A use case whose store answers once with `page` and is then away; nothing is in the shared cache.
fn before_the_store_went_away(stage: &Stage, page: Page<Offer>) -> ListOffers {
    let down = StoreError::Unavailable("down".into());
    let mut queries = MockQueries::new();
    let (mut pages, error) = (Some(page), down.clone());
    queries.expect_offers_on_sale().returning(move |_, _, _, _| pages.take().ok_or_else(|| error.clone()));
    queries.expect_offer().returning(move |_| Err(down.clone()));
    ListOffers {
        cache: Arc::new(cache(&stage.log, OfferLookup::Missing(None))),
        queries: Arc::new(queries),
        fallback: stage.fallback(),
        clock: stage.clock.clone(),
    }
}

#[tokio::test]
async fn what_was_read_is_shown_with_its_age_while_the_store_is_away_for_five_minutes() {
    let stage = Stage::new();
    let list = before_the_store_went_away(&stage, page(200));
    assert_eq!(list.run(&first_page()).await, Ok(Known::current(page(200))));
    for (more, age) in [(1, 1), (298, 299)] {
        stage.clock.advance(Duration::seconds(more));
        let age = Duration::seconds(age);
        assert_eq!(list.run(&first_page()).await, Ok(Known { value: page(200), stale: Some(age) }));
        let offer = Known { value: offer(1, 200), stale: Some(age) };
        assert_eq!(list.offer(OfferId(1)).await, Ok(Some(offer)), "it was on the page");
    }
    let other = OfferListQuery { sort: OfferSort::Name, ..first_page() };
    assert!(list.run(&other).await.is_err(), "never an empty page in place of an error");
    stage.clock.advance(Duration::SECOND);
    assert!(list.run(&first_page()).await.is_err());
    assert!(list.offer(OfferId(1)).await.is_err());
}

#[tokio::test]
async fn an_offer_whose_sale_is_over_is_not_on_a_page_from_before() {
    let stage = Stage::new();
    let sale = SaleWindow { from: None, until: Some(NOON + Duration::SECOND) };
    let ending = Offer { terms: OfferTerms { sale, ..terms(100) }, ..offer(1, 100) };
    let both = Page { items: vec![ending, offer(2, 100)], has_more: false };
    let list = before_the_store_went_away(&stage, both);
    list.run(&first_page()).await.unwrap();
    stage.clock.advance(Duration::SECOND);
    let shown = list.run(&first_page()).await.unwrap().value;
    assert_eq!(shown.items, [offer(2, 100)]);
}
