//! E09 to E13: the wallet, subscriptions and orders.

use serde_json::{Value, json};

use crate::shape::{Kind, assert_shape, items};
use crate::support::{Client, Server};

/// The fields of the documents' `UserOffer`, the user aside: they are the caller.
const USER_OFFER: [(&str, Kind); 6] = [
    ("id", Kind::Number),
    ("offer", Kind::Object),
    ("activation_date", Kind::Time),
    ("expiration_date", Kind::Time),
    ("is_active", Kind::Flag),
    ("transaction_id", Kind::Uuid),
];

/// The fields of the documents' Transaction.
const TRANSACTION: [(&str, Kind); 8] = [
    ("transaction_id", Kind::Uuid),
    ("user_id", Kind::Number),
    ("offer_id", Kind::Number),
    ("amount", Kind::Money),
    ("status", Kind::Text),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
    ("completed_at", Kind::Time),
];

/// A customer with one order that has succeeded.
async fn customer(server: &Server) -> (Client, String) {
    let customer = server.client().log_in("user1").await;
    let order = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");
    (customer, order)
}

async fn get(customer: &Client, path: &str) -> Value {
    customer.get(&format!("/api/v1/account/{path}")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn e09_balance_is_shown_with_two_decimals() {
    let server = Server::start_plain();
    let balance = get(&server.client().log_in("user1").await, "balance/").await;
    assert_shape(&balance, &[("balance", Kind::Money), ("currency", Kind::Text), ("updated_at", Kind::Time)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn e10_subscriptions_lists_the_callers_own() {
    let server = Server::start_plain();
    let (customer, order) = customer(&server).await;
    let list = get(&customer, "subscriptions/").await;
    assert_eq!(items(&list).len(), 1);
    assert_shape(&items(&list)[0], &USER_OFFER);
    assert_eq!(items(&list)[0]["transaction_id"], order);
    let stranger = server.client().log_in("user2").await;
    assert_eq!(items(&get(&stranger, "subscriptions/").await).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn e11_transactions_lists_the_callers_own_newest_first() {
    let server = Server::start_plain();
    let (customer, first) = customer(&server).await;
    let second = customer.activate(customer.offer(2).await.0).await;
    customer.follow(&second).await;
    let list = get(&customer, "transactions/").await;
    let ids: Vec<_> = items(&list).iter().map(|order| order["transaction_id"].clone()).collect();
    assert_eq!(ids, [json!(second), json!(first)]);
    for order in items(&list) {
        assert_shape(order, &TRANSACTION);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_transaction_is_shown_by_its_id_to_its_owner_or_404() {
    let server = Server::start_plain();
    let (customer, order) = customer(&server).await;
    let detail = get(&customer, &format!("transactions/{order}/")).await;
    assert_shape(&detail, &TRANSACTION);
    assert_shape(&detail, &[("timeline", Kind::List), ("kind", Kind::Text), ("refunded", Kind::Flag)]);
    let stranger = server.client().log_in("user2").await;
    let path = format!("/api/v1/account/transactions/{order}/");
    stranger.get(&path).await.expect_problem(404, "transaction_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn e13_account_shows_balance_and_active_subscriptions_together() {
    let server = Server::start_plain();
    let (customer, order) = customer(&server).await;
    let account = get(&customer, "").await;
    assert_shape(&account, &[("balance", Kind::Money), ("subscriptions", Kind::List)]);
    assert_eq!(account["balance"], get(&customer, "balance/").await["balance"]);
    assert_eq!(account["subscriptions"][0]["transaction_id"], order);
}
