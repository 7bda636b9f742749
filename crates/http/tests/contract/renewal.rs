//! Renewing subscriptions.

use offers_domain::ids::TransactionId;
use offers_testkit::builders::offer;
use serde_json::json;

use crate::support::{CALLER, Server, subscription, transaction_id};

const RENEW: &str = "/api/v1/offers/renew/";

/// The caller with `balance` cents and subscription 2 to offer 1.
fn subscriber(balance: i64) -> Server {
    let server = Server::start();
    server.world().balances.insert(CALLER, balance);
    server.world().offers.push(offer(1, 1999));
    server.world().subscriptions.push(subscription(2));
    server
}

#[tokio::test]
async fn a_renewal_is_taken_by_subscription_or_by_offer_and_says_where_to_follow_it() {
    let server = subscriber(10_000);
    for body in [r#"{"user_offer_id":2}"#, r#"{"offer_id":1}"#, r#"{"offer_id":1,"user_offer_id":null}"#] {
        let answer = server.caller().post(RENEW, body).await.expect(200);
        let told = answer.json();
        let id: TransactionId = told["transaction_id"].as_str().unwrap().parse().unwrap();
        let url = format!("/api/v1/activation/status/{id}/");
        assert_eq!(told, json!({"transaction_id": id.to_string(), "status": "PENDING", "status_url": url}));
        assert_eq!(answer.header("location"), Some(url.as_str()));
    }
}

#[tokio::test]
async fn one_of_the_two_ids_is_given() {
    let server = subscriber(10_000);
    for (body, pointer, code) in [
        ("{}", "/user_offer_id", "required"),
        (r#"{"user_offer_id":2,"offer_id":1}"#, "/offer_id", "invalid_value"),
        (r#"{"user_offer_id":0}"#, "/user_offer_id", "invalid_value"),
        (r#"{"user_offer_id":"2"}"#, "/user_offer_id", "invalid_type"),
        (r#"{"id":2}"#, "/id", "unknown_field"),
    ] {
        let problem = server.caller().post(RENEW, body).await.expect_problem(400, "validation_failed");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
}

#[tokio::test]
async fn a_refused_renewal_says_why() {
    let server = subscriber(1998);
    let renew = async |body: &str| server.caller().post(RENEW, body).await;
    renew(r#"{"user_offer_id":2}"#).await.expect_problem(400, "insufficient_balance");
    renew(r#"{"user_offer_id":3}"#).await.expect_problem(404, "user_offer_not_found");
    renew(r#"{"offer_id":3}"#).await.expect_problem(404, "user_offer_not_found");
    server.other().post(RENEW, r#"{"user_offer_id":2}"#).await.expect_problem(404, "user_offer_not_found");
    server.world().offers[0].is_active = false;
    renew(r#"{"user_offer_id":2}"#).await.expect_problem(409, "offer_retired");
    server.world().subscriptions[0].period = None;
    let problem = renew(r#"{"user_offer_id":2}"#).await.expect_problem(409, "order_in_progress");
    assert_eq!(problem["transaction_id"], transaction_id(1).to_string());
}

#[tokio::test]
async fn a_key_belongs_to_its_route() {
    let server = subscriber(10_000);
    let buyer = server.caller().header("idempotency-key", "0123456789abcdef");
    let bought = buyer.post("/api/v1/activation/", r#"{"offer_id":1}"#).await.expect(202).json();
    let renewed = buyer.post(RENEW, r#"{"offer_id":1}"#).await.expect(200);
    assert_ne!(renewed.json()["transaction_id"], bought["transaction_id"]);
    let again = buyer.post(RENEW, r#"{ "offer_id": 1 }"#).await.expect(200);
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &renewed.body));
    buyer.post(RENEW, r#"{"user_offer_id":2}"#).await.expect_problem(422, "idempotency_key_reused");
}
