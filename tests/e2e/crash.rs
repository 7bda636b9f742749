//! A crash loses nothing that anybody was told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Client, Options, Partner, Server};

/// Orders with keys until the server is gone; collects the ids that were answered.
async fn order_until_gone(customer: Client, offer: i64, buyer: usize, told: Arc<Mutex<BTreeSet<String>>>) {
    for number in 0.. {
        let key = format!("buyer-{buyer:03}-order-{number:05}");
        let headers = [("idempotency-key", key.as_str()), ("content-type", "application/json")];
        let body = json!({"offer_id": offer}).to_string().into_bytes();
        match customer.try_send(Method::POST, "/api/v1/activation/", &headers, Some(body)).await {
            Ok(answer) if answer.status == 202 => {
                let id = answer.json()["transaction_id"].as_str().unwrap().to_owned();
                told.lock().unwrap().insert(id);
            }
            Ok(answer) => {
                answer.expect_problem(400, "insufficient_balance");
                return;
            }
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_that_was_acknowledged_survives_kill_9_and_ends() {
    let partner = Partner::start().await;
    let mut server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let mut customers = Vec::new();
    for number in 1..=5 {
        customers.push(server.client().log_in(&format!("user{number}")).await);
    }
    let cheapest = customers[0].get("/api/v1/offers/?sort=price&limit=1").await.expect(200).json();
    let offer = cheapest["data"][0]["id"].as_i64().unwrap();

    let told = Arc::new(Mutex::new(BTreeSet::new()));
    let mut buyers = JoinSet::new();
    for buyer in 0..20 {
        buyers.spawn(order_until_gone(customers[buyer % 5].clone(), offer, buyer, told.clone()));
    }
    while told.lock().unwrap().len() < 60 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill();
    buyers.join_all().await;
    server.restart();

    let told = told.lock().unwrap().clone();
    let mut found = 0;
    for number in 1..=5 {
        let customer = server.client().log_in(&format!("user{number}")).await;
        let mut path = "/api/v1/account/transactions/?limit=100".to_owned();
        loop {
            let page = customer.get(&path).await.expect(200).json();
            for order in page["data"].as_array().unwrap() {
                let id = order["transaction_id"].as_str().unwrap();
                assert_eq!(customer.follow(id).await["status"], "SUCCESS");
                assert_eq!(partner.executed(id), 1, "{id} was executed exactly once");
                found += usize::from(told.contains(id));
            }
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/api/v1/account/transactions/?limit=100&cursor={cursor}");
        }
    }
    assert_eq!(found, told.len(), "every order that a client was told of exists");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_worker_died_in_the_call_is_asked_about_and_not_repeated() {
    let partner =
        Partner::scripted([offers_simulator::Behaviour::ExecuteThen(offers_simulator::Fault::Hang)]).await;
    let mut server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    while partner.executed(&transaction) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    server.kill();
    server.restart();

    let customer = server.client().log_in("user1").await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!(partner.executed(&transaction), 1);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_remembered_across_a_crash() {
    let mut server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let headers = [("idempotency-key", "survives-the-crash")];
    let body = json!({"offer_id": customer.offer(2).await.0});
    let first = customer.post_with("/api/v1/activation/", &headers, body.clone()).await.expect(202);

    server.kill();
    server.restart();

    let customer = server.client().log_in("user1").await;
    let again = customer.post_with("/api/v1/activation/", &headers, body).await.expect(202);
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
}
