//! Whatever the activation partner does, an order ends right: executed at most once, refunded only on its word.

use std::time::{Duration, Instant};

use offers_simulator::{Behaviour, Fault, QueryBehaviour, Refusal};
use serde_json::Value;

use crate::support::{Client, Options, Partner, Server};

struct Scene {
    partner: Partner,
    server: Server,
    customer: Client,
}

impl Scene {
    async fn with(next: impl IntoIterator<Item = Behaviour>) -> Self {
        let partner = Partner::scripted(next).await;
        let server = Server::start(Options { partner: Some(partner.url.clone()), ..Options::default() });
        let customer = server.client().log_in("user1").await;
        Self { partner, server, customer }
    }

    /// Orders one offer, follows it to its end, and checks that the money agrees with it.
    async fn play(&self) -> (String, Value) {
        let before = self.customer.cents().await;
        let (offer, price) = self.customer.offer(2).await;
        let transaction = self.customer.activate(offer).await;
        let end = self.customer.follow(&transaction).await;
        let paid = if end["status"] == "SUCCESS" { price } else { 0 };
        assert_eq!(self.customer.cents().await, before - paid);
        self.server.assert_money_adds_up();
        (transaction, end)
    }

    async fn assert_succeeds(&self) -> String {
        let (transaction, end) = self.play().await;
        assert_eq!(end["status"], "SUCCESS", "{end}");
        assert_eq!(self.partner.executed(&transaction), 1, "executed exactly once");
        transaction
    }

    fn methods(&self) -> Vec<String> {
        self.partner.handle.calls().iter().map(|call| call.method.clone()).collect()
    }
}

fn status(code: u16, retry_after: Option<u32>) -> Fault {
    Fault::Status { code, retry_after }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_partner_is_waited_for() {
    Scene::with([Behaviour::Delay { ms: 300 }]).await.assert_succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn turned_away_orders_are_sent_again() {
    let away = [status(503, None), status(429, None), status(503, None)].map(Behaviour::Fail);
    let scene = Scene::with(away).await;
    scene.assert_succeeds().await;
    assert_eq!(scene.methods(), ["POST", "POST", "POST", "POST"], "no effect, so no question either");
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    let scene = Scene::with([Behaviour::Fail(status(429, Some(1)))]).await;
    let (offer, _) = scene.customer.offer(2).await;
    let started = Instant::now();
    let transaction = scene.customer.activate(offer).await;
    assert_eq!(scene.customer.follow(&transaction).await["status"], "SUCCESS");
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(scene.methods(), ["POST", "POST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_error_is_asked_about_before_the_second_call() {
    let scene = Scene::with([Behaviour::Fail(status(500, None))]).await;
    scene.assert_succeeds().await;
    assert_eq!(scene.methods(), ["POST", "GET", "POST"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_execution_is_found_by_asking() {
    for fault in [Fault::Drop, Fault::Hang, status(502, None)] {
        let scene = Scene::with([Behaviour::ExecuteThen(fault)]).await;
        scene.assert_succeeds().await;
        assert_eq!(scene.methods(), ["POST", "GET"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_trusted_is_no_success() {
    for fault in [
        Fault::Malformed,
        Fault::Truncated,
        Fault::Oversized,
        Fault::WrongId,
        Fault::WrongAmount,
        Fault::ErrorBody,
        Fault::Redirect,
    ] {
        let scene = Scene::with([Behaviour::ExecuteThen(fault.clone())]).await;
        scene.assert_succeeds().await;
        assert_eq!(scene.methods(), ["POST", "GET"], "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_never_refunded() {
    let scene = Scene::with([Behaviour::ExecuteThen(Fault::Hang)]).await;
    scene.partner.handle.next_queries((0..4).map(|_| QueryBehaviour::Fail(status(500, None))));
    let transaction = scene.assert_succeeds().await;
    let path = format!("/api/v1/account/transactions/{transaction}/");
    let detail = scene.customer.get(&path).await.expect(200).json();
    let timeline = detail["timeline"].as_array().unwrap();
    assert!(timeline.iter().any(|entry| entry["sub_status"] == "unknown"), "{timeline:?}");
    assert!(timeline.iter().all(|entry| entry["status"] != "FAILED"), "{timeline:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_decides_later_is_asked_until_it_has() {
    let refusal = Refusal { code: "no_coverage".into(), message: "No coverage".into() };
    for (then, end) in [
        (offers_simulator::Ending::Activate, "SUCCESS"),
        (offers_simulator::Ending::Refuse(refusal), "FAILED"),
    ] {
        let scene = Scene::with([Behaviour::Pending { ms: 200, then }]).await;
        assert_eq!(scene.play().await.1["status"], end);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_the_partner_never_took_is_voided_after_the_horizon_and_refunded() {
    let partner = Partner::start().await;
    partner.handle.always(Behaviour::Fail(status(503, None)));
    let settings = vec![("OFFERS_RETRY_HORIZON_MS", "500".to_owned())];
    let server = Server::start(Options { partner: Some(partner.url.clone()), settings });
    let customer = server.client().log_in("user1").await;
    let scene = Scene { partner, server, customer };

    let (transaction, end) = scene.play().await;

    assert_eq!((end["status"].as_str(), end["sub_status"].as_str()), (Some("FAILED"), Some("voided")));
    assert_eq!(end["error_code"], "partner_unavailable");
    assert_eq!(scene.partner.executed(&transaction), 0);
    assert_eq!(scene.methods().last().map(String::as_str), Some("DELETE"));
}
