//! Several activation partners: whom an order goes to, and what a pause or a dead partner means for it and for others.

use std::process::Output;
use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, Fault};
use serde_json::Value;

use crate::support::{Client, Options, PATIENCE, Partner, Server, offers};

/// Settings of a second partner, `second`, for the offer with this id.
fn second(partner: &Partner, offer: i64) -> Vec<(&'static str, String)> {
    vec![
        ("OFFERS_ACTIVATION_PARTNERS_SECOND_URL", partner.url.clone()),
        ("OFFERS_ACTIVATION_PARTNERS_SECOND_OFFERS", offer.to_string()),
    ]
}

/// The ids of two offers that the demonstration data always has.
const FIRST: i64 = 5;
const SECOND: i64 = 3;

fn start(default: &Partner, other: &Partner) -> Server {
    Server::start(Options { partner: Some(default.url.clone()), settings: second(other, SECOND) })
}

/// `offers activation …` on a server's data, with its settings.
fn activation(server: &Server, other: &Partner, arguments: &[&str]) -> Output {
    let mut command = offers();
    command.arg("activation").args(arguments).arg("--data-dir").arg(server.data_dir());
    command.envs(second(other, SECOND)).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn status(customer: &Client, transaction: &str) -> Value {
    customer.get(&format!("/api/v1/activation/status/{transaction}/")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_to_the_partner_of_its_offer() {
    let (default, other) = (Partner::start().await, Partner::start().await);
    let server = start(&default, &other);
    let customer = server.client().log_in("user1").await;
    for (offer, executed) in [(FIRST, (1, 0)), (SECOND, (0, 1))] {
        let transaction = customer.activate(offer).await;
        assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
        assert_eq!((default.executed(&transaction), other.executed(&transaction)), executed);
    }
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_to_the_partner_of_its_category_unless_its_offer_has_one() {
    let (default, house) = (Partner::start().await, Partner::start().await);
    let first_of = |offers: Value| offers["data"][0]["id"].as_i64().unwrap();
    let settings = vec![
        ("OFFERS_ACTIVATION_PARTNERS_HOUSE_URL", house.url.clone()),
        ("OFFERS_ACTIVATION_PARTNERS_HOUSE_CATEGORIES", "tv,music".to_owned()),
    ];
    let server = Server::start(Options { partner: Some(default.url.clone()), settings });
    let customer = server.client().log_in("user1").await;
    for (category, executed) in [("tv", (0, 1)), ("music", (0, 1)), ("voice", (1, 0)), ("internet", (1, 0))] {
        let path = format!("/api/v1/offers/?category={category}&sort=price");
        let offer = first_of(customer.get(&path).await.expect(200).json());
        let transaction = customer.activate(offer).await;
        assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
        let calls = (default.executed(&transaction), house.executed(&transaction));
        assert_eq!(calls, executed, "{category}");
    }
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_partner_holds_up_nobody_elses_orders() {
    let (default, dead) = (Partner::start().await, Partner::start().await);
    dead.handle.always(Behaviour::Fail(Fault::Hang));
    let mut settings = second(&dead, SECOND);
    settings.push(("OFFERS_ACTIVATION_PARTNERS_SECOND_MAX_CONCURRENCY", "1".to_owned()));
    let server = Server::start(Options { partner: Some(default.url.clone()), settings });
    let mut stuck = Vec::new();
    for number in 1..=5 {
        let customer = server.client().log_in(&format!("user{number}")).await;
        stuck.push((customer.activate(SECOND).await, customer));
    }
    let customer = server.client().log_in("user1").await;
    for number in 2..=5 {
        let other = server.client().log_in(&format!("user{number}")).await;
        let transaction = other.activate(FIRST).await;
        assert_eq!(other.follow(&transaction).await["status"], "SUCCESS");
    }
    let mut open = 0;
    for (transaction, buyer) in &stuck {
        open += usize::from(status(buyer, transaction).await["completed_at"].is_null());
    }
    assert_eq!(open, 5, "the dead partner's orders wait");

    dead.handle.reset();
    for (transaction, buyer) in &stuck {
        assert_eq!(buyer.follow(transaction).await["status"], "SUCCESS");
        assert_eq!(dead.executed(transaction), 1);
    }
    assert_eq!(customer.get("/api/v1/account/").await.status, 200);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_partner_is_not_called_and_its_orders_wait() {
    let (default, other) = (Partner::start().await, Partner::start().await);
    let mut server = start(&default, &other);
    let reason = ["--reason", "their maintenance"];
    let pause = [&["pause", "second"][..], &reason].concat();
    assert_eq!(said(&activation(&server, &other, &pause)), "second is paused\n");
    assert_eq!(said(&activation(&server, &other, &pause)), "second is paused already\n");

    let customer = server.client().log_in("user1").await;
    let waiting = customer.activate(SECOND).await;
    let transaction = customer.activate(FIRST).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS", "the other partner's go on");
    assert_eq!(status(&customer, &waiting).await["status"], "PENDING");
    let list = said(&activation(&server, &other, &["list"]));
    let line = |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("default").contains("running"), "{list}");
    assert!(
        line("second").contains("1 open orders") && line("second").contains("their maintenance"),
        "{list}"
    );

    // The switch is in the database: a new process obeys it, too.
    server.kill();
    server.restart();
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(FIRST).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!(
        (other.handle.calls().len(), status(&customer, &waiting).await["status"].as_str()),
        (0, Some("PENDING"))
    );

    let resume = [&["resume", "second"][..], &reason].concat();
    let resumed = Instant::now();
    assert_eq!(said(&activation(&server, &other, &resume)), "second is running\n");
    assert_eq!(customer.follow(&waiting).await["status"], "SUCCESS");
    assert!(resumed.elapsed() < PATIENCE);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_with_open_orders_cannot_be_taken_out_of_the_settings() {
    let (default, dead) = (Partner::start().await, Partner::start().await);
    dead.handle.always(Behaviour::Fail(Fault::Status { code: 503, retry_after: Some(60) }));
    let mut server = start(&default, &dead);
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(SECOND).await;
    dead.handle.wait_for_calls(1).await;
    server.kill();

    let arguments = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"];
    let mut without = offers();
    without.args(arguments).arg(server.data_dir()).env("ACTIVATION_PARTNER_URL", &default.url);
    let output = without.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("activation_partners.second is missing, but 1 of its orders"), "{error}");

    dead.handle.reset();
    server.restart();
    let customer = server.client().log_in("user1").await;
    assert_eq!(status(&customer, &transaction).await["completed_at"], Value::Null);
    server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_in_a_call_leaves_the_order_with_its_partner() {
    let (default, other) = (Partner::start().await, Partner::start().await);
    other.handle.next([Behaviour::ExecuteThen(Fault::Hang)]);
    let mut server = start(&default, &other);
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(SECOND).await;
    while other.executed(&transaction) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill();
    server.restart();
    let customer = server.client().log_in("user1").await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!((other.executed(&transaction), default.handle.calls().len()), (1, 0));
    server.assert_money_adds_up();
}
