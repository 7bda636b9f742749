//! The API for partners: who is let in, and what they see.

use offers_domain::ids::{OfferId, TransferId};
use offers_domain::ledger::TransferKind;
use offers_domain::money::{Currency, Money};
use offers_domain::offer::OfferRules;
use offers_domain::partner_channel::api_key::KeyScope;
use offers_domain::partner_channel::views::StatementEntry;
use offers_domain::ports::StoreError;
use offers_domain::transaction::Status;
use offers_http::{Access, route_table};
use offers_testkit::builders::{NOON, offer};
use serde_json::{Value, json};

use crate::support::{CALLER, Server, partner_order, transaction_id};

const ACTIVATE: &str = "/api/v1/partner/activate/";
const VALIDATE: &str = "/api/v1/partner/validate/";
const ORDERS: &str = "/api/v1/partner/transactions/";
const ACCOUNT: &str = "/api/v1/partner/account/";

fn shop() -> Server {
    let server = Server::start();
    server.world().partner_orders = vec![partner_order(3), partner_order(2), partner_order(1)];
    server
}

fn reference(number: u64) -> String {
    partner_order(number).order.reference.to_string()
}

fn without_request_id(mut problem: Value) -> Value {
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

#[tokio::test]
async fn keys_that_do_not_work_are_refused_all_alike() {
    let server = shop();
    for token in ["ok_live_x", "ok_live_e", "ok_test_t", "good-token", "nonsense"] {
        let client = server.stranger().header("authorization", &format!("Bearer {token}"));
        let answer = client.get(ORDERS).await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""), "{token}");
        answer.expect_problem(401, "not_authenticated");
    }
}

#[tokio::test]
async fn a_partners_key_opens_no_route_of_users_and_a_users_token_none_of_partners() {
    let server = shop();
    for route in route_table() {
        let path = route.path.replace("{reference}", &reference(1)).replace("{id}", "1");
        let client = match route.access {
            Access::Public | Access::Signed => continue,
            Access::Partner(_) => server.caller(),
            Access::SignedIn | Access::Staff | Access::Superuser => server.partner(),
        };
        let answer = client.send(route.methods[0], &path, Some(b"{}")).await;
        answer.expect_problem(401, "not_authenticated");
    }
}

#[tokio::test]
async fn a_key_opens_only_what_it_was_issued_for() {
    let server = shop();
    let reader = || server.stranger().header("authorization", "Bearer ok_live_r");
    for route in route_table() {
        let Access::Partner(scope) = route.access else { continue };
        let path = route.path.replace("{reference}", &reference(1));
        let answer = reader().send(route.methods[0], &path, Some(b"{}")).await;
        if scope == KeyScope::Read {
            answer.expect(200);
        } else {
            answer.expect_problem(403, "insufficient_scope");
        }
    }
}

#[tokio::test]
async fn a_reference_of_the_partner_is_valid() {
    let server = shop();
    let answer = server.partner().get(&format!("{VALIDATE}{}/", reference(1))).await.expect(200);
    let expected = json!({
        "reference": reference(1),
        "transaction_id": transaction_id(1).to_string(),
        "user_id": 7,
        "offer_id": 1,
        "is_valid": true,
        "status": "PROCESSING",
        "amount": "19.99",
        "currency": "EUR",
        "created_at": "2026-03-03T12:00:00.000Z",
        "updated_at": "2026-03-03T12:00:01.234Z",
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn an_unknown_reference_and_another_partners_are_the_same_answer() {
    let server = shop();
    let other = server.stranger().header("authorization", "Bearer ok_live_o");
    let theirs = other.get(&format!("{VALIDATE}{}/", reference(1))).await;
    let problem = theirs.expect_problem(404, "transaction_not_found");
    assert_eq!(problem["is_valid"], false);
    assert_eq!(problem["error"], "Transaction not found");
    assert_eq!(problem["reference"], reference(1));

    server.world().partner_orders.clear();
    let unknown = server.partner().get(&format!("{VALIDATE}{}/", reference(1))).await;
    let unknown = unknown.expect_problem(404, "transaction_not_found");
    assert_eq!(without_request_id(unknown), without_request_id(problem));
}

#[tokio::test]
async fn a_malformed_reference_is_a_bad_request() {
    let server = shop();
    for bad in ["REF-1", "ref-000000000001", "REF-00000000000O", "x", "%00"] {
        for place in [VALIDATE, ORDERS] {
            let answer = server.partner().get(&format!("{place}{bad}/")).await;
            answer.expect_problem(400, "malformed_id");
        }
    }
}

#[tokio::test]
async fn nothing_is_called_invalid_while_the_store_is_away() {
    let server = shop();
    server.world().failure = Some(StoreError::Unavailable("down".into()));
    let answer = server.partner().get(&format!("{VALIDATE}{}/", reference(9))).await;
    let problem = answer.expect_problem(503, "service_unavailable");
    assert_eq!(problem.get("is_valid"), None);
}

#[tokio::test]
async fn a_partner_reads_offers_names_in_the_language_that_it_asks_for() {
    let server = shop();
    let one = format!("{ORDERS}{}/", reference(3));
    for (path, pointer) in [(ORDERS, "/data/0/offer/name"), (one.as_str(), "/offer/name")] {
        let french = server.partner().header("accept-language", "fr").get(path).await.expect(200);
        assert_eq!(french.json().pointer(pointer), Some(&json!("La fibre 1 Gb/s")), "{path}");
        assert_eq!(french.header("content-language"), Some("fr"));
    }
}

#[tokio::test]
async fn orders_are_listed_page_by_page_under_their_references() {
    let server = shop();
    let first = server.partner().get(&format!("{ORDERS}?limit=2")).await.expect(200).json();
    assert_eq!(first["has_more"], true);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.partner().get(&format!("{ORDERS}?limit=2&cursor={cursor}")).await.expect(200).json();
    let shown: Vec<_> = [&first, &second].iter().flat_map(|page| page["data"].as_array().unwrap()).collect();
    assert_eq!(shown.len(), 3);
    let expected = json!({
        "reference": reference(3),
        "partner_reference": "sale-3",
        "transaction_id": transaction_id(3).to_string(),
        "user_id": 7,
        "offer": {"id": 1, "name": "Fibre 1 Gb/s"},
        "kind": "purchase",
        "amount": "19.99",
        "currency": "EUR",
        "status": "PROCESSING",
        "sub_status": "calling",
        "external_reference": null,
        "error_code": null,
        "error_message": null,
        "refunded": false,
        "created_at": "2026-03-03T12:00:00.000Z",
        "updated_at": "2026-03-03T12:00:01.234Z",
        "completed_at": null,
    });
    assert_eq!(*shown[0], expected);
}

#[tokio::test]
async fn orders_are_narrowed_by_what_is_asked() {
    let server = shop();
    let query = "status=SUCCESS&partner_reference=sale-1&from=2026-03-03T12:00:00Z&to=2026-03-04T00:00:00Z";
    server.partner().get(&format!("{ORDERS}?{query}")).await.expect(200);
    let search = server.world().partner_search.clone().unwrap();
    assert_eq!((search.status, search.from), (Some(Status::Success), Some(NOON)));
    assert_eq!(search.partner_reference.as_deref(), Some("sale-1"));
    for bad in ["status=success", "partner_reference=", "limit=0", "cursor=x", "user_id=1"] {
        let answer = server.partner().get(&format!("{ORDERS}?{bad}")).await;
        assert_eq!(answer.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn an_order_is_shown_with_its_history_to_its_partner_alone() {
    let server = shop();
    let path = format!("{ORDERS}{}/", reference(1));
    let order = server.partner().get(&path).await.expect(200).json();
    assert_eq!(order["partner_reference"], "sale-1");
    let statuses: Vec<_> =
        order["timeline"].as_array().unwrap().iter().map(|entry| entry["status"].clone()).collect();
    assert_eq!(statuses, ["PENDING", "PROCESSING"]);
    let other = server.stranger().header("authorization", "Bearer ok_live_o");
    other.get(&path).await.expect_problem(404, "transaction_not_found");
}

#[tokio::test]
async fn the_account_shows_what_can_be_spent_and_how_it_moved() {
    let server = shop();
    let order = partner_order(1).order;
    let entry = |id, kind, minor, order| StatementEntry {
        id: TransferId(id),
        kind,
        amount: Money::from_minor(minor, Currency::EUR),
        order,
        at: NOON,
    };
    let named = Some((order.transaction, order.reference));
    server.world().statement =
        vec![entry(9, TransferKind::Charge, -1999, named), entry(8, TransferKind::TopUp, 500, None)];
    let first = server.partner().get(&format!("{ACCOUNT}?limit=1")).await.expect(200).json();
    let cursor = first["statement"]["next_cursor"].as_str().unwrap();
    let expected = json!({
        "balance": "-19.99",
        "credit_limit": "50.00",
        "available": "30.01",
        "currency": "EUR",
        "updated_at": "2026-03-03T12:00:00.000Z",
        "statement": {
            "data": [{
                "id": 9,
                "kind": "charge",
                "amount": "-19.99",
                "reference": reference(1),
                "transaction_id": transaction_id(1).to_string(),
                "created_at": "2026-03-03T12:00:00.000Z",
            }],
            "next_cursor": cursor,
            "has_more": true,
        },
    });
    assert_eq!(first, expected);
    let second = server.partner().get(&format!("{ACCOUNT}?cursor={cursor}")).await.expect(200).json();
    assert_eq!(second["statement"]["data"][0]["amount"], "5.00");
    assert_eq!(second["statement"]["data"][0]["reference"], Value::Null);
}

/// A shop where user 7 has a wallet and offer 1 costs 19.99.
fn open_shop() -> Server {
    let server = shop();
    server.world().offers = vec![offer(1, 1999)];
    server.world().balances.insert(CALLER, 0);
    server
}

fn sale(name: &str) -> Value {
    json!({"user_id": 7, "offer_id": 1, "amount": "19.99", "partner_reference": name})
}

#[tokio::test]
async fn an_order_is_accepted_under_a_reference() {
    let server = open_shop();
    let answer = server.partner().post(ACTIVATE, &sale("new").to_string()).await.expect(202);
    assert_eq!(answer.header("idempotent-replayed"), None);
    let body = answer.json();
    assert_eq!(body["status"], "PENDING");
    assert!(body["reference"].as_str().unwrap().starts_with("REF-"));
    assert_eq!(body["transaction_id"].as_str().unwrap().len(), 36);
    assert_eq!(body.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn an_amount_may_be_a_text_or_a_number_and_must_be_the_price() {
    let server = open_shop();
    for amount in [json!("19.99"), json!(19.99)] {
        let mut body = sale("new");
        body["amount"] = amount;
        server.partner().post(ACTIVATE, &body.to_string()).await.expect(202);
    }
    for amount in [json!("19.98"), json!(20)] {
        let mut body = sale("new");
        body["amount"] = amount;
        let answer = server.partner().post(ACTIVATE, &body.to_string()).await;
        answer.expect_problem(400, "amount_mismatch");
    }
    for amount in [json!("19.999"), json!(0), json!(-1), json!("1e3"), json!(true), json!(null), json!(1e12)]
    {
        let mut body = sale("new");
        body["amount"] = amount;
        let problem = server.partner().post(ACTIVATE, &body.to_string()).await;
        assert_eq!(problem.expect_problem(400, "validation_failed")["errors"][0]["pointer"], "/amount");
    }
}

#[tokio::test]
async fn an_order_needs_a_name_of_some_kind() {
    let server = open_shop();
    let mut body = sale("new");
    body.as_object_mut().unwrap().remove("partner_reference");
    let body = body.to_string();
    server.partner().post(ACTIVATE, &body).await.expect_problem(400, "idempotency_key_required");
    let keyed = server.partner().header("idempotency-key", "0123456789abcdef");
    let first = keyed.post(ACTIVATE, &body).await.expect(202);
    let again = server.partner().header("idempotency-key", "0123456789abcdef").post(ACTIVATE, &body).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(202).body, first.body);
}

#[tokio::test]
async fn the_same_partner_reference_is_the_same_order_and_another_order_under_it_is_refused() {
    let server = open_shop();
    let answer = server.partner().post(ACTIVATE, &sale("sale-1").to_string()).await.expect(202);
    assert_eq!(answer.header("idempotent-replayed"), Some("true"));
    assert_eq!(answer.json()["reference"], reference(1));
    let mut other = sale("sale-1");
    other["offer_id"] = json!(2);
    let answer = server.partner().post(ACTIVATE, &other.to_string()).await;
    answer.expect_problem(422, "partner_reference_reused");
}

#[tokio::test]
async fn what_cannot_be_sold_is_said_by_a_code() {
    let server = open_shop();
    let with = |field: &str, value: Value| {
        let mut body = sale("new");
        body[field] = value;
        body.to_string()
    };
    for (body, code) in [
        (with("user_id", json!(9)), "unknown_user"),
        (with("offer_id", json!(9)), "offer_unavailable"),
        (with("status", json!("SUCCESS")), "validation_failed"),
        (with("user_id", json!("7")), "validation_failed"),
        (with("partner_reference", json!("a\u{0}b")), "validation_failed"),
    ] {
        server.partner().post(ACTIVATE, &body).await.expect_problem(400, code);
    }
    let other = Some(OfferId(2));
    for (rules, code) in [
        (OfferRules { stock: Some(1), ..OfferRules::default() }, "offer_sold_out"),
        (OfferRules { per_customer: Some(1), ..OfferRules::default() }, "purchase_limit_reached"),
        (OfferRules { requires: other, ..OfferRules::default() }, "offer_requires_another"),
    ] {
        let mut bound = offer(1, 1999);
        bound.terms.rules = rules;
        server.world().offers = vec![bound];
        let problem = server.partner().post(ACTIVATE, &sale("new").to_string()).await;
        let problem = problem.expect_problem(409, code);
        assert!(!problem["detail"].as_str().unwrap().contains("You have"), "{problem}");
    }
    server.world().offers = vec![offer(1, 5001)];
    let body = with("amount", json!("50.01"));
    server.partner().post(ACTIVATE, &body).await.expect_problem(400, "insufficient_partner_funds");
}

#[tokio::test]
async fn keys_that_are_guessed_are_soon_turned_away_unread() {
    let server = Server::start();
    let guess =
        |number: usize| server.stranger().header("authorization", &format!("Bearer ok_live_{number}x"));
    for number in 0..100 {
        guess(number).get("/api/v1/partner/account/").await.expect_problem(401, "not_authenticated");
    }
    let refused = guess(100).get("/api/v1/partner/account/").await;
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some("\"key_lookup\";q=100;w=60"));
    assert_eq!(refused.header("ratelimit"), Some("\"key_lookup\";r=0;t=60"));
    refused.expect_problem(429, "rate_limited");
    let elsewhere = server.partner().header("x-forwarded-for", "203.0.113.7");
    elsewhere.get("/api/v1/partner/account/").await.expect(200);
}
