//! Offers that are not for everybody for ever: a stock, and a limit for each customer.

use offers_simulator::{Behaviour, Refusal};
use serde_json::{Value, json};

use crate::staff::run;
use crate::support::{Client, Options, Partner, Server};

/// A new offer with this rule; its id.
fn with(server: &Server, rule: [&str; 2]) -> i64 {
    let terms = ["offers", "create", "Jazz", "--category", "music", "--price", "1.00", "--days", "30"];
    let printed = run(server, &[&terms[..], &rule, &["--json", "--reason", "spring"]].concat());
    serde_json::from_str::<Value>(&printed).unwrap()["id"].as_i64().unwrap()
}

async fn refused(customer: &Client, offer: i64, code: &str) {
    let before = customer.cents().await;
    let answer = customer.post("/api/v1/activation/", json!({"offer_id": offer})).await;
    answer.expect_problem(409, code);
    assert_eq!(customer.cents().await, before, "nothing was charged");
}

async fn ends(customer: &Client, offer: i64, status: &str) {
    let order = customer.activate(offer).await;
    assert_eq!(customer.follow(&order).await["status"], status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_is_sold_once_and_what_a_partner_refused_goes_back_into_it() {
    let barred = Behaviour::Refuse(Refusal { code: "barred".into(), message: "Barred".into() });
    let partner = Partner::scripted([barred]).await;
    let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
    let offer = with(&server, ["--stock", "1"]);
    let (one, other) = (server.client().log_in("user1").await, server.client().log_in("user2").await);
    ends(&one, offer, "FAILED").await;
    ends(&other, offer, "SUCCESS").await;
    refused(&one, offer, "offer_sold_out").await;
    run(&server, &["offers", "edit", &offer.to_string(), "--stock", "none", "--reason", "costs"]);
    ends(&one, offer, "SUCCESS").await;
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_for_each_customer_apart() {
    let server = Server::start_plain();
    let offer = with(&server, ["--per-customer", "1"]);
    for name in ["user1", "user2"] {
        let customer = server.client().log_in(name).await;
        ends(&customer, offer, "SUCCESS").await;
        refused(&customer, offer, "purchase_limit_reached").await;
    }
    server.assert_money_adds_up();
}
