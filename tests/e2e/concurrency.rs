//! Many at once: one effect for one key, and never more spent than a wallet holds.

use std::collections::BTreeSet;

use offers_simulator::{Behaviour, Ending};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Answer, Client, Options, Partner, Server};

async fn all_at_once(requests: impl Iterator<Item = (Client, String, i64)>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for (client, key, offer) in requests {
        running.spawn(async move {
            let headers = [("idempotency-key", key.as_str())];
            client.post_with("/api/v1/activation/", &headers, json!({"offer_id": offer})).await
        });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_identical_requests_are_one_order() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user1").await;
    let (offer, price) = customer.offer(2).await;
    let before = customer.cents().await;

    let key = "one-click-too-many".to_owned();
    let answers = all_at_once((0..64).map(|_| (customer.clone(), key.clone(), offer))).await;

    let bodies: BTreeSet<_> = answers.iter().map(|answer| answer.text.clone()).collect();
    assert_eq!(bodies.len(), 1, "byte for byte the same: {bodies:?}");
    assert!(answers.iter().all(|answer| answer.status == 202));
    let fresh = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty()).count();
    assert_eq!(fresh, 1, "all but one are marked as replays");
    customer.follow(answers[0].json()["transaction_id"].as_str().unwrap()).await;
    assert_eq!(customer.cents().await, before - price);

    let headers = [("idempotency-key", key.as_str())];
    let other = json!({"offer_id": customer.offer(3).await.0});
    customer
        .post_with("/api/v1/activation/", &headers, other)
        .await
        .expect_problem(422, "idempotency_key_reused");
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_buyers_spend_exactly_what_one_wallet_holds() {
    let server = Server::start_plain();
    let customer = server.client().log_in("user2").await;
    let offers = customer.get("/api/v1/offers/?sort=-price&limit=1").await.expect(200).json();
    let offer = offers["data"][0]["id"].as_i64().unwrap();
    let price = 3_999;
    let before = customer.cents().await;
    let affordable = before / price;
    assert!(affordable < 64, "the wallet must run out: {before}");

    let answers =
        all_at_once((0..64).map(|buyer| (customer.clone(), format!("buyer-number-{buyer:04}"), offer))).await;

    let accepted: Vec<_> = answers.iter().filter(|answer| answer.status == 202).collect();
    assert_eq!(i64::try_from(accepted.len()).unwrap(), affordable);
    for refused in answers.into_iter().filter(|answer| answer.status != 202) {
        refused.expect_problem(400, "insufficient_balance");
    }
    assert_eq!(customer.cents().await, before - affordable * price);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_without_a_key_names_the_order_it_repeats() {
    let undecided = Behaviour::Pending { ms: 3_600_000, then: Ending::Activate };
    let partner = Partner::scripted([undecided]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let (offer, price) = customer.offer(2).await;
    let before = customer.cents().await;

    let first = customer.activate(offer).await;
    let second = customer
        .post("/api/v1/activation/", json!({"offer_id": offer}))
        .await
        .expect_problem(409, "order_in_progress");

    assert_eq!(second.json()["transaction_id"], first);
    partner.handle.wait_for_calls(1).await;
    partner.handle.release();
    assert_eq!(customer.follow(&first).await["status"], "SUCCESS");
    assert_eq!(customer.cents().await, before - price);
}
