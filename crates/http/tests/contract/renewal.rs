//! Renewing subscriptions.

use offers_domain::ids::TransactionId;
use offers_testkit::builders::{NOON, offer};
use serde_json::json;
use time::Duration;

use crate::support::{CALLER, Client, Server, subscription, transaction_id};

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

#[tokio::test]
async fn what_ends_soon_is_listed_the_first_to_end_first() {
    let server = Server::start();
    for (id, days) in [(5, 40), (4, 3), (3, 1), (2, 0), (1, 2)] {
        let mut ending = subscription(id);
        ending.period.as_mut().unwrap().expires_at = NOON + Duration::days(days);
        server.world().subscriptions.push(ending);
    }
    let ids = async |query: &str| {
        let list = server.caller().get(&format!("/api/v1/offers/expiring/{query}")).await.expect(200).json();
        let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        (ids, list["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(ids("").await.0, [3, 1, 4]);
    assert_eq!(ids("?days=2").await.0, [3, 1]);
    assert_eq!(ids("?days=30").await.0, [3, 1, 4]);
    let (first, cursor) = ids("?limit=2").await;
    assert_eq!(first, [3, 1]);
    assert_eq!(ids(&format!("?limit=2&cursor={}", cursor.unwrap())).await, (vec![json!(4)], None));
    for query in ["?days=0", "?days=31", "?days=x", "?days=3.0", "?day=3"] {
        let path = format!("/api/v1/offers/expiring/{query}");
        server.caller().get(&path).await.expect_problem(400, "validation_failed");
    }
    let other = server.other().get("/api/v1/offers/expiring/").await.expect(200).json();
    assert_eq!(other["data"], json!([]));
}

fn json_of(client: &Client) -> Client {
    client.header("content-type", "application/json")
}

#[tokio::test]
async fn a_subscription_is_told_to_renew_itself() {
    let server = subscriber(0);
    let path = "/api/v1/account/subscriptions/2/";
    let (caller, other) = (json_of(&server.caller()), json_of(&server.other()));
    for on in [true, true, false] {
        let body = json!({"auto_renew": on}).to_string();
        let answer = caller.send("PATCH", path, Some(body.as_bytes())).await.expect(200).json();
        assert_eq!((&answer["id"], &answer["auto_renew"]), (&json!(2), &json!(on)));
        let list = server.caller().get("/api/v1/account/subscriptions/").await.expect(200).json();
        assert_eq!(list["data"][0]["auto_renew"], json!(on));
    }
    for (path, body, code) in [
        (path, "{}", "validation_failed"),
        (path, r#"{"auto_renew":"yes"}"#, "validation_failed"),
        (path, r#"{"auto_renew":true,"status":"active"}"#, "validation_failed"),
        ("/api/v1/account/subscriptions/two/", r#"{"auto_renew":true}"#, "malformed_id"),
    ] {
        let answer = caller.send("PATCH", path, Some(body.as_bytes())).await;
        answer.expect_problem(400, code);
    }
    let body = Some(br#"{"auto_renew":true}"#.as_slice());
    for (client, path) in [(&other, path), (&caller, "/api/v1/account/subscriptions/3/")] {
        client.send("PATCH", path, body).await.expect_problem(404, "user_offer_not_found");
    }
    let answer = caller.send("GET", path, None).await;
    assert_eq!(answer.header("allow"), Some("PATCH"));
}
