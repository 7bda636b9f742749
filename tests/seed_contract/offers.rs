//! E05 to E08: the catalogue, what ends soon, and renewals.

use serde_json::json;

use crate::shape::{Kind, assert_shape, items};
use crate::support::{Client, Server};

/// The fields of the documents' Offer.
const OFFER: [(&str, Kind); 6] = [
    ("id", Kind::Number),
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("price", Kind::Money),
    ("duration_days", Kind::Number),
    ("is_active", Kind::Flag),
];

/// A customer with a subscription to the third offer.
async fn subscriber(server: &Server) -> Client {
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
    customer
}

#[tokio::test(flavor = "multi_thread")]
async fn e05_offers_lists_what_is_on_sale_to_whoever_is_logged_in() {
    let server = Server::start_plain();
    let list = server.client().log_in("user1").await.get("/api/v1/offers/").await.expect(200).json();
    assert_eq!(items(&list).len(), 12);
    for offer in items(&list) {
        assert_shape(offer, &OFFER);
    }
    server.client().get("/api/v1/offers/").await.expect_problem(401, "not_authenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn e06_an_offer_is_shown_by_its_id_or_404() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let (id, _) = customer.offer(0).await;
    let offer = customer.get(&format!("/api/v1/offers/{id}/")).await.expect(200).json();
    assert_shape(&offer, &OFFER);
    assert_eq!(offer["id"], id);
    customer.get("/api/v1/offers/987654/").await.expect_problem(404, "offer_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn e07_expiring_lists_subscriptions_that_end_within_three_days_or_as_many_as_asked() {
    let server = Server::start_plain();
    let customer = subscriber(&server).await;
    let ending = async |query: &str| {
        let list = customer.get(&format!("/api/v1/offers/expiring/{query}")).await.expect(200).json();
        items(&list).len()
    };
    assert_eq!((ending("").await, ending("?days=3").await), (0, 0), "it runs for thirty days");
    assert_eq!(ending("?days=30").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_renew_answers_200_with_a_transaction_or_404_for_what_is_not_held() {
    let server = Server::start_plain();
    let customer = subscriber(&server).await;
    let held = customer.get("/api/v1/account/subscriptions/").await.expect(200).json();
    let body = json!({"user_offer_id": items(&held)[0]["id"]});
    let renewal = customer.post("/api/v1/offers/renew/", body).await.expect(200).json();
    assert_shape(&renewal, &[("transaction_id", Kind::Uuid), ("status", Kind::Text)]);
    assert_eq!(renewal["status"], "PENDING");
    let nothing = json!({"user_offer_id": 987_654});
    customer.post("/api/v1/offers/renew/", nothing).await.expect_problem(404, "user_offer_not_found");
    customer.follow(renewal["transaction_id"].as_str().unwrap()).await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_renew_answers_400_where_the_balance_does_not_cover_it() {
    let server = Server::start_plain();
    let customer = subscriber(&server).await;
    let (dear, price) = customer.offer(1).await;
    while customer.cents().await >= price {
        let order = customer.activate(dear).await;
        customer.follow(&order).await;
    }
    let (cheap, price) = customer.offer(2).await;
    while customer.cents().await >= price {
        let order = customer.activate(cheap).await;
        customer.follow(&order).await;
    }
    let body = json!({"offer_id": cheap});
    customer.post("/api/v1/offers/renew/", body).await.expect_problem(400, "insufficient_balance");
    server.assert_money_adds_up();
}
