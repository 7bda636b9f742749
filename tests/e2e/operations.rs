//! What operators see: probes, metrics, a clean stop, data that stays.

use std::time::{Duration, Instant};

use offers_simulator::Behaviour;
use reqwest::Method;

use crate::support::{Client, Options, Partner, Server, offers};

#[tokio::test(flavor = "multi_thread")]
async fn probes_and_metrics_answer() {
    let server = Server::start_plain();
    let (api, metrics) = (server.client(), Client::new(&server.metrics_url));
    for client in [&api, &metrics] {
        client.get("/livez").await.expect(200);
        client.get("/readyz").await.expect(200);
    }
    let customer = api.log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    customer.follow(&transaction).await;

    for series in [
        "offers_orders_placed_total",
        "offers_orders_ended_total{status=\"SUCCESS\"}",
        "offers_partner_calls_total{answer=\"confirmed\",partner=\"default\",step=\"activate\"}",
        "offers_http_requests_total{method=\"POST\",route=\"/api/v1/activation/\",status=\"202\"}",
    ] {
        metrics.until_counted(series, 1).await;
    }
    api.get("/metrics").await.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_keeps_the_data() {
    let mut server = Server::start_plain();
    assert!(server.banner.contains("admin"), "the first start shows the staff login:\n{}", server.banner);
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    customer.follow(&transaction).await;
    let balance = customer.cents().await;

    assert_eq!(server.terminate(), Some(0));
    server.restart();

    customer_is_still_logged_in(&server, &customer, balance).await;
}

/// The key that signs tokens is part of the data, so a token outlives the process.
async fn customer_is_still_logged_in(server: &Server, before: &Client, balance: i64) {
    let customer = before.moved_to(&server.url);
    assert_eq!(customer.cents().await, balance);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_the_orders_under_way() {
    let partner = Partner::scripted([Behaviour::Delay { ms: 3_600_000 }]).await;
    let settings = [("OFFERS_PARTNER_CALL_TIMEOUT_MS", "20000"), ("OFFERS_WORKER_LEASE_MS", "60000")]
        .map(|(name, value)| (name, value.to_owned()));
    let mut server = Server::start(Options { partner: Some(partner.url.clone()), settings: settings.into() });
    let customer = server.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    partner.handle.wait_for_calls(1).await;

    server.ask_to_stop();
    let probe = server.client();
    while probe.try_send(Method::GET, "/readyz", &[], None).await.is_ok_and(|answer| answer.status == 200) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    partner.handle.release();
    assert_eq!(server.exit_code(), Some(0));
    server.restart();

    let customer = server.client().log_in("user1").await;
    let path = format!("/api/v1/account/transactions/{transaction}/");
    let detail = customer.get(&path).await.expect(200).json();
    let timeline: Vec<_> = detail["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["sub_status"].as_str().unwrap())
        .collect();
    assert_eq!(timeline, ["queued", "calling", "confirmed"], "settled before the stop, not after it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_wakes_the_worker_and_does_not_wait_for_its_next_look() {
    let settings = vec![("OFFERS_WORKER_POLL_MS", "60000".to_owned())];
    let server = Server::start(Options { settings, ..Options::default() });
    let customer = server.client().log_in("user1").await;
    let (offer, _) = customer.offer(2).await;
    let started = Instant::now();
    let transaction = customer.activate(offer).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn api_and_worker_run_as_two_processes_on_one_database() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["migrate", "seed"] {
        assert!(offers().args([command, "--data-dir"]).arg(folder.path()).status().unwrap().success());
    }
    let partner = Partner::start().await;
    let api = Server::start_binary("offers-api", folder.path(), Options::default());
    let options = || Options { partner: Some(partner.url.clone()), ..Options::default() };
    let _worker = Server::start_binary("offers-worker", folder.path(), options());

    let customer = api.client().log_in("user1").await;
    let transaction = customer.activate(customer.offer(2).await.0).await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    api.assert_money_adds_up();
}
