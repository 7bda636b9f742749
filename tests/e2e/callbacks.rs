//! Activation partners that decide later and call back: early, late, twice, in the wrong order, forged, or not at all.

use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, CallbackTarget, Delivery, Ending, QueryBehaviour, Refusal};
use serde_json::{Value, json};

use crate::support::{Client, Options, PATIENCE, Partner, Server, offers};

const SECRET: &str = "whsec_b2ZmZXJzLWFwaS1leGFtcGxlLXNlY3JldCE=";
const OTHER_SECRET: &str = "whsec_YW5vdGhlci1leGFtcGxlLXNlY3JldC0wMDE=";
const PATH: &str = "/api/v1/partner/callbacks/activation/";

struct Scene {
    partner: Partner,
    server: Server,
    customer: Client,
}

impl Scene {
    /// A partner that does this to the next order, and whose queries, if there are any, all fail: only a callback tells.
    async fn with(behaviour: Behaviour) -> Self {
        let scene = Self::with_settings(behaviour, Vec::new()).await;
        scene
            .partner
            .handle
            .next_queries((0..1000).map(|_| QueryBehaviour::Fail(offers_simulator::Fault::Drop)));
        scene
    }

    async fn with_settings(behaviour: Behaviour, mut settings: Vec<(&'static str, String)>) -> Self {
        let partner = Partner::scripted([behaviour]).await;
        settings.push(("OFFERS_PARTNER_CALLBACK_SECRETS", SECRET.to_owned()));
        let server = Server::start(Options { partner: Some(partner.url.clone()), settings });
        partner
            .handle
            .call_back(CallbackTarget { url: format!("{}{PATH}", server.url), secret: SECRET.to_owned() });
        let customer = server.client().log_in("user1").await;
        Self { partner, server, customer }
    }

    /// Orders one offer, follows it to its end, and checks that the money agrees with it.
    async fn play(&self, end: &str) -> String {
        let before = self.customer.cents().await;
        let (offer, price) = self.customer.offer(2).await;
        let transaction = self.customer.activate(offer).await;
        assert_eq!(self.customer.follow(&transaction).await["status"], end);
        let paid = if end == "SUCCESS" { price } else { 0 };
        assert_eq!(self.customer.cents().await, before - paid);
        self.server.assert_money_adds_up();
        transaction
    }

    /// How the partner's reports were answered, once there are so many.
    async fn answers(&self, count: usize) -> Vec<Option<u16>> {
        let started = Instant::now();
        loop {
            let sent = self.partner.handle.sent_callbacks();
            if sent.len() >= count {
                return sent.into_iter().map(|callback| callback.status).collect();
            }
            assert!(started.elapsed() < PATIENCE, "only {sent:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many reports had this outcome.
    async fn counted(&self, outcome: &str) -> u64 {
        let metrics = Client::new(&self.server.metrics_url).get("/metrics").await.expect(200).text;
        let line = format!("offers_activation_callbacks_total{{outcome=\"{outcome}\"}} ");
        let count = metrics.lines().find_map(|text| text.strip_prefix(&line)?.parse().ok());
        count.unwrap_or_default()
    }
}

fn calls_back(delivery: Delivery) -> Behaviour {
    Behaviour::Callback { ms: 100, then: Ending::Activate, delivery }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_ends_when_the_partner_calls_back() {
    let scene = Scene::with(calls_back(Delivery::Once)).await;
    let transaction = scene.play("SUCCESS").await;
    assert_eq!(scene.partner.executed(&transaction), 1);
    assert_eq!(scene.answers(1).await, [Some(202)]);

    let refusal = Refusal { code: "no_coverage".into(), message: "No coverage".into() };
    let refuse = Behaviour::Callback { ms: 100, then: Ending::Refuse(refusal), delivery: Delivery::Once };
    Scene::with(refuse).await.play("FAILED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_overtakes_the_answer_to_our_call_is_not_lost() {
    let scene = Scene::with(calls_back(Delivery::Early)).await;
    let transaction = scene.play("SUCCESS").await;
    assert_eq!((scene.partner.executed(&transaction), scene.counted("settled").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_comes_twice_has_one_effect() {
    let scene = Scene::with(calls_back(Delivery::Twice)).await;
    scene.play("SUCCESS").await;
    assert_eq!(scene.answers(2).await, [Some(202), Some(202)]);
    assert_eq!((scene.counted("settled").await, scene.counted("duplicate").await), (1, 1));
    scene.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_in_the_wrong_order_change_nothing() {
    let scene = Scene::with(calls_back(Delivery::Reordered)).await;
    let transaction = scene.play("SUCCESS").await;
    assert_eq!(scene.answers(2).await, [Some(202), Some(202)]);
    assert_eq!(scene.customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!((scene.counted("settled").await, scene.counted("noted").await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_callback_never_comes_is_found_by_asking() {
    let scene = Scene::with_settings(calls_back(Delivery::Never), Vec::new()).await;
    let transaction = scene.play("SUCCESS").await;
    assert_eq!((scene.partner.executed(&transaction), scene.counted("settled").await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_callback_is_refused_and_leaves_no_trace() {
    let scene = Scene::with(calls_back(Delivery::Never)).await;
    let transaction = scene.customer.activate(scene.customer.offer(2).await.0).await;
    let before = scene.customer.get(&format!("/api/v1/activation/status/{transaction}/")).await.json();
    assert_ne!(before["status"], "SUCCESS");
    let forger = Partner::scripted([calls_back(Delivery::Once)]).await;
    forger.handle.call_back(CallbackTarget {
        url: format!("{}{PATH}", scene.server.url),
        secret: OTHER_SECRET.to_owned(),
    });
    let order = json!({
        "transaction_id": transaction, "user_id": 1, "offer_id": 3, "amount": "9.99", "currency": "EUR", "duration_days": 30,
    });
    let headers = [("idempotency-key", transaction.as_str())];
    Client::new(&forger.url).post_with("/activations", &headers, order).await.expect(202);
    let started = Instant::now();
    while forger.handle.sent_callbacks().is_empty() {
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(forger.handle.sent_callbacks()[0].status, Some(401));
    assert!(scene.counted("forged").await >= 1);
    let after = scene.customer.get(&format!("/api/v1/activation/status/{transaction}/")).await.json();
    assert_ne!(after["status"], "SUCCESS", "the forger's word counts for nothing");
    scene.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_survives_a_server_that_is_down_when_it_comes() {
    let mut scene =
        Scene::with(Behaviour::Callback { ms: 300, then: Ending::Activate, delivery: Delivery::Once }).await;
    let transaction = scene.customer.activate(scene.customer.offer(2).await.0).await;
    scene.partner.handle.wait_for_calls(1).await;
    scene.server.kill();
    while scene.partner.handle.sent_callbacks().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    scene.server.restart();
    scene
        .partner
        .handle
        .call_back(CallbackTarget { url: format!("{}{PATH}", scene.server.url), secret: SECRET.to_owned() });
    scene.partner.handle.reset();
    let customer = scene.server.client().log_in("user1").await;
    assert_eq!(customer.follow(&transaction).await["status"], "SUCCESS");
    assert_eq!(scene.partner.executed(&transaction), 1);
    scene.server.assert_money_adds_up();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_after_the_refund_is_undone_at_the_partner_and_costs_the_customer_nothing() {
    let scene = Scene::with_settings(Behaviour::RefuseThenActivate { ms: 200 }, Vec::new()).await;
    let transaction = scene.play("FAILED").await;
    assert_eq!(scene.answers(1).await, [Some(202)]);
    assert_eq!(scene.counted("incident").await, 1);
    let id = transaction.parse().unwrap();
    let started = Instant::now();
    while !scene.partner.handle.reversed(id) {
        assert!(started.elapsed() < PATIENCE, "the partner is never asked to undo it");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let end: Value = scene.customer.follow(&transaction).await;
    assert_eq!((&end["status"], &end["refunded"]), (&json!("FAILED"), &json!(true)));
    let path = format!("/api/v1/account/transactions/{transaction}/");
    let timeline = scene.customer.get(&path).await.expect(200).json()["timeline"].clone();
    assert_eq!(timeline.as_array().unwrap().last().unwrap()["status"], "FAILED", "{timeline}");
    scene.server.assert_money_adds_up();
}

#[test]
fn a_secret_that_is_none_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = offers();
    command
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path());
    let output = command.env("OFFERS_PARTNER_CALLBACK_SECRETS", "hunter2").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("partner.callback_secrets") && !error.contains("hunter2"), "{error}");
}
