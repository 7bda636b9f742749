//! The catalogue.

use offers_domain::ids::OfferId;
use offers_domain::offer::{Category, OfferSort, OfferText};
use offers_domain::ports::OfferFilter;
use offers_testkit::builders::offer;
use serde_json::{Value, json};

use crate::support::{Server, subscription};

fn shop() -> Server {
    let server = Server::start();
    server.world().offers = (1..=5).map(|id| offer(id, 600 - 100 * id)).collect();
    server
}

fn ids(page: &Value) -> Vec<i64> {
    page["data"].as_array().unwrap().iter().map(|offer| offer["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn an_offer_is_shown_with_its_price_as_a_decimal_text() {
    let server = shop();
    let expected = json!({
        "id": 1, "name": "Fibre 1 Gb/s", "description": "Unlimited fibre internet", "price": "5.00",
        "duration_days": 30, "currency": "EUR", "category": "internet", "is_active": true,
    });
    assert_eq!(server.caller().get("/api/v1/offers/1/").await.expect(200).json(), expected);
    assert_eq!(server.caller().get("/api/v1/offers/").await.expect(200).json()["data"][0], expected);
}

#[tokio::test]
async fn a_retired_offer_exists_for_those_who_hold_it_and_an_unknown_one_for_nobody() {
    let server = shop();
    server.world().offers[0].is_active = false;
    server.caller().get("/api/v1/offers/1/").await.expect_problem(404, "offer_not_found");
    server.world().subscriptions.push(subscription(1));
    assert_eq!(server.caller().get("/api/v1/offers/1/").await.expect(200).json()["is_active"], false);
    server.other().get("/api/v1/offers/1/").await.expect_problem(404, "offer_not_found");
    server.caller().get("/api/v1/offers/6/").await.expect_problem(404, "offer_not_found");
}

#[tokio::test]
async fn an_offer_speaks_the_language_that_the_client_asks_for() {
    let server = shop();
    let french = OfferText { name: "Fibre 1 Gb/s illimitée".into(), description: "Internet".into() };
    server.world().offers[0].terms.translations.fr = Some(french);
    for (asked, name, spoken) in [
        (Some("fr-FR, en;q=0.5"), "Fibre 1 Gb/s illimitée", "fr"),
        (Some("en, fr;q=0.5"), "Fibre 1 Gb/s", "en"),
        (Some("de"), "Fibre 1 Gb/s", "en"),
        (None, "Fibre 1 Gb/s", "en"),
    ] {
        let client = asked.map_or(server.caller(), |asked| server.caller().header("accept-language", asked));
        let offer = client.get("/api/v1/offers/1/").await.expect(200);
        assert_eq!(offer.json()["name"], name, "{asked:?}");
        assert_eq!(
            (offer.header("content-language"), offer.header("vary")),
            (Some(spoken), Some("accept-language"))
        );
        let list = client.get("/api/v1/offers/").await.expect(200);
        assert_eq!(list.json()["data"][0]["name"], name, "{asked:?}");
    }
}

#[tokio::test]
async fn a_list_is_walked_page_by_page_to_its_end() {
    let server = shop();
    for (sort, expected) in [("id", [1, 2, 3, 4, 5]), ("price", [5, 4, 3, 2, 1]), ("-price", [1, 2, 3, 4, 5])]
    {
        let mut walked = Vec::new();
        let mut path = format!("/api/v1/offers/?limit=2&sort={sort}");
        loop {
            let page = server.caller().get(&path).await.expect(200).json();
            walked.extend(ids(&page));
            assert_eq!(page["has_more"], !page["next_cursor"].is_null());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/offers/?limit=2&sort={sort}&cursor={cursor}");
        }
        assert_eq!(walked, expected, "{sort}");
    }
}

#[tokio::test]
async fn filters_reach_the_catalogue_as_they_were_meant() {
    let server = shop();
    let query = "category=music&q=fibre%201+Gb%2Fs&min_price=1.5&max_price=20&sort=name&limit=100";
    server.caller().get(&format!("/api/v1/offers/?{query}")).await.expect(200);
    let (filter, sort, page) = server.world().offer_search.take().unwrap();
    let expected = OfferFilter {
        category: Some(Category::Music),
        text: Some("fibre 1 Gb/s".into()),
        min_price: Some(150),
        max_price: Some(2000),
    };
    assert_eq!((filter, sort, page.limit.get(), page.after), (expected, OfferSort::Name, 100, None));
}

#[tokio::test]
async fn without_parameters_twenty_offers_come_by_id() {
    let server = shop();
    server.caller().get("/api/v1/offers").await.expect(200);
    let (filter, sort, page) = server.world().offer_search.take().unwrap();
    assert_eq!((filter, sort, page.limit.get()), (OfferFilter::default(), OfferSort::Id, 20));
}

#[tokio::test]
async fn whoever_has_the_list_is_told_so_until_it_changes() {
    let server = shop();
    let first = server.caller().get("/api/v1/offers/").await.expect(200);
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong tag: {tag}");

    for known in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let again = server.caller().header("if-none-match", &known).get("/api/v1/offers/").await.expect(304);
        assert_eq!((again.header("etag"), again.body.as_str()), (Some(tag), ""));
    }
    server.world().offers.retain(|offer| offer.id != OfferId(3));
    let changed = server.caller().header("if-none-match", tag).get("/api/v1/offers/").await.expect(200);
    assert_ne!(changed.header("etag"), Some(tag));
}
