//! What belongs to the caller.

use offers_domain::transaction::{Status, TransactionKind};
use offers_domain::user_offer::UserOfferStatus;
use serde_json::json;
use time::macros::datetime;

use crate::support::{CALLER, Server, order, subscription, transaction_id};

fn customer() -> Server {
    let server = Server::start();
    let mut pending = subscription(3);
    pending.status = UserOfferStatus::Pending;
    pending.period = None;
    let mut expired = subscription(1);
    expired.status = UserOfferStatus::Expired;
    server.world().balances.insert(CALLER, 12_345);
    server.world().subscriptions = vec![pending, subscription(2), expired];
    server.world().orders = vec![order(3), order(2), order(1)];
    server
}

#[tokio::test]
async fn the_balance_is_a_decimal_text_beside_its_currency() {
    let server = customer();
    let expected = json!({"balance": "123.45", "currency": "EUR", "updated_at": "2026-03-03T12:00:00.000Z"});
    assert_eq!(server.caller().get("/api/v1/account/balance/").await.expect(200).json(), expected);
}

#[tokio::test]
async fn a_user_without_a_wallet_is_told_so() {
    let server = customer();
    for path in ["/api/v1/account/", "/api/v1/account/balance/"] {
        server.other().get(path).await.expect_problem(400, "no_wallet");
    }
}

#[tokio::test]
async fn the_account_shows_the_balance_and_what_runs() {
    let server = customer();
    let account = server.caller().get("/api/v1/account/").await.expect(200).json();
    let expected = json!({
        "balance": "123.45",
        "currency": "EUR",
        "subscriptions": [{
            "id": 2,
            "offer": {"id": 1, "name": "Fibre 1 Gb/s"},
            "activation_date": "2026-03-03T00:00:00.000Z",
            "expiration_date": "2026-04-02T00:00:00.000Z",
            "is_active": true,
            "transaction_id": transaction_id(1).to_string(),
            "status": "active",
            "days_left": 30,
            "channel": "customer",
            "auto_renew": false,
        }],
        "has_more": false,
    });
    assert_eq!(account, expected);
}

#[tokio::test]
async fn offers_are_called_by_their_names_in_the_language_that_the_client_asks_for() {
    let server = customer();
    let (orders, order) =
        ("/api/v1/account/transactions/", format!("/api/v1/account/transactions/{}/", transaction_id(1)));
    for (path, pointer) in [
        ("/api/v1/account/", "/subscriptions/0/offer/name"),
        ("/api/v1/account/subscriptions/", "/data/0/offer/name"),
        ("/api/v1/offers/expiring/?days=30", "/data/0/offer/name"),
        (orders, "/data/0/offer/name"),
        (&order, "/offer/name"),
    ] {
        for (asked, name, spoken) in [
            (Some("fr, en;q=0.5"), "La fibre 1 Gb/s", "fr"),
            (Some("en, fr;q=0.5"), "Fibre 1 Gb/s", "en"),
            (None, "Fibre 1 Gb/s", "en"),
        ] {
            let caller = server.caller();
            let client = asked.map_or(caller.clone(), |asked| caller.header("accept-language", asked));
            let answer = client.get(path).await.expect(200);
            assert_eq!(answer.json().pointer(pointer), Some(&json!(name)), "{path} {asked:?}");
            let marks = (answer.header("content-language"), answer.header("vary"));
            assert_eq!(marks, (Some(spoken), Some("accept-language")), "{path}");
        }
    }
}

#[tokio::test]
async fn the_account_tells_that_more_runs_than_it_shows() {
    let server = customer();
    for (running, more) in [(100, false), (101, true)] {
        server.world().subscriptions = (1..=running).rev().map(subscription).collect();
        let account = server.caller().get("/api/v1/account/").await.expect(200).json();
        assert_eq!(account["subscriptions"].as_array().unwrap().len(), 100);
        assert_eq!(
            (&account["subscriptions"][0]["id"], &account["has_more"]),
            (&json!(running), &json!(more))
        );
    }
}

#[tokio::test]
async fn subscriptions_come_newest_first_and_tell_how_long_they_last() {
    let server = customer();
    let list = server.caller().get("/api/v1/account/subscriptions/").await.expect(200).json();
    let shown: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            json!([item["id"], item["status"], item["is_active"], item["days_left"], item["expiration_date"]])
        })
        .collect();
    assert_eq!(
        shown,
        [
            json!([3, "pending", false, null, null]),
            json!([2, "active", true, 30, "2026-04-02T00:00:00.000Z"]),
            json!([1, "expired", false, 0, "2026-04-02T00:00:00.000Z"]),
        ]
    );
    let expired =
        server.caller().get("/api/v1/account/subscriptions/?status=expired").await.expect(200).json();
    assert_eq!((&expired["data"][0]["id"], &expired["has_more"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn subscriptions_and_orders_are_walked_by_cursor() {
    let server = customer();
    for (list, name) in [("subscriptions", "id"), ("transactions", "transaction_id")] {
        let first = server.caller().get(&format!("/api/v1/account/{list}/?limit=2")).await.expect(200).json();
        assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (2, &json!(true)));
        let cursor = first["next_cursor"].as_str().unwrap();
        let path = format!("/api/v1/account/{list}/?limit=2&cursor={cursor}");
        let last = server.caller().get(&path).await.expect(200).json();
        assert_eq!(last["data"].as_array().unwrap().len(), 1);
        assert_eq!((&last["has_more"], &last["next_cursor"]), (&json!(false), &json!(null)));
        assert_ne!(last["data"][0][name], first["data"][1][name]);
    }
}

#[tokio::test]
async fn orders_are_filtered_by_status_kind_and_time() {
    let server = customer();
    let query = "status=FAILED&kind=renewal&from=2026-03-01T00:00:00Z&to=2026-03-02T01:00:00%2B01:00";
    server.caller().get(&format!("/api/v1/account/transactions/?{query}")).await.expect(200);
    let filter = server.world().order_search.unwrap();
    assert_eq!((filter.status, filter.kind), (Some(Status::Failed), Some(TransactionKind::Renewal)));
    assert_eq!(filter.from, Some(datetime!(2026-03-01 0:00 UTC)));
    assert_eq!(filter.to, Some(datetime!(2026-03-02 0:00 UTC)));
}

#[tokio::test]
async fn an_order_is_shown_with_its_history() {
    let server = customer();
    let id = transaction_id(2).to_string();
    let mut expected = json!({
        "transaction_id": id,
        "status": "PROCESSING",
        "created_at": "2026-03-03T12:00:00.000Z",
        "updated_at": "2026-03-03T12:00:01.234Z",
        "user_id": 7,
        "offer_id": 1,
        "amount": "19.99",
            "paid_by": "subscriber",
        "currency": "EUR",
        "completed_at": null,
        "sub_status": "calling",
        "reference": null,
        "error_code": null,
        "error_message": null,
        "refunded": false,
        "kind": "purchase",
        "channel": "customer",
        "offer": {"id": 1, "name": "Fibre 1 Gb/s"},
    });
    let list = server.caller().get("/api/v1/account/transactions/").await.expect(200).json();
    assert_eq!(list["data"][1], expected);

    expected["timeline"] = json!([
        {"status": "PENDING", "sub_status": "queued", "at": "2026-03-03T12:00:00.000Z"},
        {"status": "PROCESSING", "sub_status": "calling", "at": "2026-03-03T12:00:01.234Z"},
    ]);
    let detail = server.caller().get(&format!("/api/v1/account/transactions/{id}/")).await.expect(200).json();
    assert_eq!(detail, expected);
}
