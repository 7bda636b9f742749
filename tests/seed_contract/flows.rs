//! The flowcharts that no other suite follows from their first box to their last.

use serde_json::json;

use crate::shape::items;
use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn flow_offer_management_browse_look_closer_and_renew() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let first = customer.get("/api/v1/offers/").await.expect(200);
    let again = customer.get("/api/v1/offers/").await.expect(200);
    assert_eq!(first.text, again.text, "from the cache or not");
    let id = items(&first.json())[2]["id"].clone();
    let offer = customer.get(&format!("/api/v1/offers/{id}/")).await.expect(200).json();
    assert_eq!(offer, items(&first.json())[2]);

    let order = customer.activate(id.as_i64().unwrap()).await;
    customer.follow(&order).await;
    let body = json!({"offer_id": id});
    let renewal = customer.post("/api/v1/offers/renew/", body).await.expect(200).json();
    let end = customer.follow(renewal["transaction_id"].as_str().unwrap()).await;
    assert_eq!(end["status"], "SUCCESS");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn flow_transaction_status_checking_answers_alike_from_cache_and_database() {
    let mut server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    customer.follow(&order).await;
    let path = format!("/api/v1/activation/status/{order}/");
    let cached = customer.get(&path).await.expect(200).text;
    assert_eq!(server.terminate(), Some(0));
    server.restart();
    let customer = customer.moved_to(&server.url);
    assert_eq!(customer.get(&path).await.expect(200).text, cached, "from the database");
    assert_eq!(customer.get(&path).await.expect(200).text, cached, "from the cache that it filled");
}
