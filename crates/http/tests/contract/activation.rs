//! Placing orders.

use futures_util::future::select_all;
use offers_domain::ids::{OfferId, TransactionId};
use offers_domain::offer::OfferRules;
use offers_domain::ports::StoreError;
use offers_testkit::builders::offer;
use serde_json::{Value, json};

use crate::support::{Answer, CALLER, Client, Server, transaction_id};

const ACTIVATE: &str = "/api/v1/activation/";
const KEY: &str = "0123456789abcdef";

fn shop(balance: i64) -> Server {
    let server = Server::start();
    server.world().balances.insert(CALLER, balance);
    server.world().offers.push(offer(1, 1999));
    server
}

async fn order(client: &Client) -> Answer {
    client.post(ACTIVATE, r#"{"offer_id":1}"#).await
}

#[tokio::test]
async fn an_order_is_accepted_and_says_where_to_follow_it() {
    let server = shop(10_000);
    let answer = order(&server.caller()).await.expect(202);
    let body = answer.json();
    let id: TransactionId = body["transaction_id"].as_str().unwrap().parse().unwrap();
    let url = format!("/api/v1/activation/status/{id}/");
    assert_eq!(body, json!({"transaction_id": id.to_string(), "status": "PENDING", "status_url": url}));
    assert_eq!(answer.header("location"), Some(url.as_str()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("idempotent-replayed"), None);
}

#[tokio::test]
async fn the_same_request_with_the_same_key_gets_the_same_answer() {
    let server = shop(10_000);
    let buyer = server.caller().header("idempotency-key", KEY);
    let first = order(&buyer).await.expect(202);
    let second = buyer.post(ACTIVATE, " {\"offer_id\" : 1}\n").await.expect(202);
    assert_eq!(second.body, first.body, "byte for byte");
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(
        (first.header("idempotent-replayed"), second.header("idempotent-replayed")),
        (None, Some("true"))
    );
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let server = shop(10_000);
    server.world().offers.push(offer(2, 1));
    let buyer = server.caller().header("idempotency-key", KEY);
    order(&buyer).await.expect(202);
    buyer.post(ACTIVATE, r#"{"offer_id":2}"#).await.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn an_idempotency_key_is_sent_once_with_16_to_255_printable_characters() {
    let server = shop(10_000);
    let keyed = |key: &str| server.caller().header("idempotency-key", key);
    for key in [KEY, &"k".repeat(255), "\"a quoted key with spaces\""] {
        order(&keyed(key)).await.expect(202);
    }
    for key in ["", "fifteen--------", &"k".repeat(256), "0123456789abcde\u{e9}", "0123456789\tabcdef"] {
        order(&keyed(key)).await.expect_problem(400, "invalid_idempotency_key");
    }
    order(&keyed(KEY).header("idempotency-key", KEY)).await.expect_problem(400, "invalid_idempotency_key");
}

#[tokio::test]
async fn a_refused_order_says_why() {
    let server = shop(1998);
    order(&server.caller()).await.expect_problem(400, "insufficient_balance");
    order(&server.other()).await.expect_problem(400, "no_wallet");
    server.caller().post(ACTIVATE, r#"{"offer_id":2}"#).await.expect_problem(404, "offer_not_found");
}

#[tokio::test]
async fn an_order_against_the_offers_rules_says_which() {
    let server = shop(10_000);
    let another = Some(OfferId(7));
    for (rules, code) in [
        (OfferRules { stock: Some(1), ..OfferRules::default() }, "offer_sold_out"),
        (OfferRules { per_customer: Some(1), ..OfferRules::default() }, "purchase_limit_reached"),
        (OfferRules { requires: another, ..OfferRules::default() }, "offer_requires_another"),
    ] {
        server.world().offers[0].terms.rules = rules;
        let problem = order(&server.caller()).await.expect_problem(409, code);
        assert_eq!(problem["offer_id"], rules.requires.map_or(Value::Null, |other| json!(other.0)));
    }
    let rules = OfferRules { stock: Some(2), per_customer: Some(2), requires: None, excludes: another };
    server.world().offers[0].terms.rules = rules;
    order(&server.caller()).await.expect(202);
}

#[tokio::test]
async fn an_order_that_could_not_be_run_says_whether_something_was_done() {
    let server = shop(10_000);
    let corrupt = StoreError::Corrupt { table: "accounts", column: "balance", row: "secret".into() };
    for (failure, status, code) in [
        (StoreError::Contention("secret".into()), 503, "service_unavailable"),
        (StoreError::Unavailable("secret".into()), 503, "service_unavailable"),
        (StoreError::Overloaded("secret".into()), 503, "overloaded"),
        (StoreError::OutcomeUnknown("secret".into()), 503, "outcome_unknown"),
        (StoreError::Misuse("secret".into()), 500, "internal_error"),
        (corrupt, 500, "internal_error"),
    ] {
        server.world().failure = Some(failure);
        let answer = order(&server.caller()).await;
        assert_eq!(answer.header("retry-after"), (status == 503).then_some("1"));
        answer.expect_problem(status, code);
    }
}

#[tokio::test]
async fn an_order_that_finds_its_lane_full_is_turned_away_at_once() {
    let server = Server::with_a_short_queue();
    server.world().hangs = true;
    let buyer = server.caller();
    // The store answers nobody: one order is being placed and one waits for it, so one of three finds no place.
    let orders = (0..3).map(|_| Box::pin(order(&buyer)));
    let (answer, _, _) = select_all(orders).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.expect_problem(503, "overloaded");
}

#[tokio::test]
async fn a_read_that_fails_is_an_error_and_never_an_empty_list() {
    let server = shop(10_000);
    let id = transaction_id(1);
    server.world().failure = Some(StoreError::Unavailable("secret".into()));
    for path in [
        "/api/v1/offers/".to_owned(),
        "/api/v1/offers/1/".to_owned(),
        "/api/v1/account/".to_owned(),
        "/api/v1/account/balance/".to_owned(),
        "/api/v1/account/subscriptions/".to_owned(),
        "/api/v1/account/transactions/".to_owned(),
        format!("/api/v1/account/transactions/{id}/"),
        format!("/api/v1/activation/status/{id}/"),
        "/api/v1/auth/profile/".to_owned(),
    ] {
        server.caller().get(&path).await.expect_problem(503, "service_unavailable");
    }
}
