//! Subscriptions over time: renewed, extended, run out.

use offers_simulator::{Behaviour, Refusal};
use serde_json::{Value, json};

use crate::support::{Client, Options, Partner, Server};

const RENEW: &str = "/api/v1/offers/renew/";

/// The customer's newest subscription.
async fn subscription(customer: &Client) -> Value {
    customer.get("/api/v1/account/subscriptions/").await.expect(200).json()["data"][0].clone()
}

/// Buys the offer with this number and waits for it: the subscription.
async fn subscribe(customer: &Client, number: usize) -> Value {
    let transaction = customer.activate(customer.offer(number).await.0).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    subscription(customer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_renews_a_subscription_and_it_runs_longer() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let before = subscribe(&customer, 2).await;
    let (money, (_, price)) = (customer.cents().await, customer.offer(2).await);

    let taken = customer.post(RENEW, json!({"user_offer_id": before["id"]})).await.expect(200);
    let order = taken.json()["transaction_id"].as_str().unwrap().to_owned();
    assert_eq!(taken.json()["status_url"], taken.header("location"));
    assert_eq!(customer.follow(&order).await["status"], "SUCCESS");

    let after = subscription(&customer).await;
    assert_eq!((&after["id"], &after["activation_date"]), (&before["id"], &before["activation_date"]));
    let days = |of: &Value| of["days_left"].as_i64().unwrap();
    assert_eq!(days(&after), days(&before) * 2);
    assert_eq!(customer.cents().await, money - price);
    let detail = customer.get(&format!("/api/v1/account/transactions/{order}/")).await.expect(200).json();
    assert_eq!(detail["kind"], "renewal");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_renewal_leaves_the_service_and_the_money_as_they_were() {
    let refusal = Refusal { code: "subscriber_barred".into(), message: "The line is barred".into() };
    let partner = Partner::scripted([Behaviour::Activate, Behaviour::Refuse(refusal)]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let before = subscribe(&customer, 2).await;
    let money = customer.cents().await;

    let taken = customer.post(RENEW, json!({"offer_id": before["offer"]["id"]})).await.expect(200).json();
    let end = customer.follow(taken["transaction_id"].as_str().unwrap()).await;

    assert_eq!((end["status"].as_str(), &end["refunded"]), (Some("FAILED"), &json!(true)));
    assert_eq!(subscription(&customer).await, before);
    assert_eq!(customer.cents().await, money);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customers_subscription_cannot_be_renewed() {
    let server = Server::start_plain();
    let owner = server.client().log_in("user1").await;
    let theirs = subscribe(&owner, 2).await;
    let stranger = server.client().log_in("user2").await;
    let money = stranger.cents().await;
    for id in [theirs["id"].clone(), json!(987_654)] {
        let answer = stranger.post(RENEW, json!({"user_offer_id": id})).await;
        answer.expect_problem(404, "user_offer_not_found");
    }
    assert_eq!(stranger.cents().await, money);
}
