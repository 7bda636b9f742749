//! Following an order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use offers_domain::ports::WakeUp;
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::views::StatusView;
use offers_testkit::builders::NOON;
use serde_json::json;

use crate::support::{Server, detail, order, status, transaction_id};

fn path() -> String {
    format!("/api/v1/activation/status/{}/", transaction_id(1))
}

fn following() -> Server {
    let server = Server::start();
    server.world().orders = vec![order(1)];
    server
}

fn failed() -> StatusView {
    StatusView {
        status: Status::Failed,
        sub_status: SubStatus::Refused,
        error_code: Some("partner_refused".into()),
        error_message: Some("No coverage".into()),
        completed_at: Some(NOON),
        updated_at: NOON,
        version: 3,
        ..status(1)
    }
}

/// Changes the order as soon as somebody waits for it.
async fn change_when_awaited(server: &Server, changed: StatusView) {
    while server.bell.followed() == 0 {
        tokio::task::yield_now().await;
    }
    server.world().orders = vec![detail(changed)];
    let bell: Arc<_> = server.bell.clone();
    bell.announce(&[transaction_id(1)]).await;
}

#[tokio::test]
async fn an_order_under_way_says_when_to_look_again() {
    let server = following();
    let answer = server.caller().get(&path()).await.expect(200);
    assert_eq!(
        answer.json(),
        json!({
            "transaction_id": transaction_id(1).to_string(),
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
        })
    );
    assert_eq!((answer.header("etag"), answer.header("retry-after")), (Some("\"v2\""), Some("1")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_ended_order_says_how_and_not_to_look_again() {
    let server = following();
    server.world().orders = vec![detail(failed())];
    let answer = server.caller().get(&path()).await.expect(200);
    let body = answer.json();
    assert_eq!((&body["status"], &body["refunded"]), (&json!("FAILED"), &json!(true)));
    assert_eq!(
        (&body["error_code"], &body["error_message"]),
        (&json!("partner_refused"), &json!("No coverage"))
    );
    assert_eq!((answer.header("etag"), answer.header("retry-after")), (Some("\"v3\""), None));
}

#[tokio::test]
async fn whoever_has_the_version_is_told_so() {
    let server = following();
    let answer = server.caller().header("if-none-match", "\"v2\"").get(&path()).await.expect(304);
    assert_eq!(
        (answer.body.as_str(), answer.header("etag"), answer.header("retry-after")),
        ("", Some("\"v2\""), Some("1"))
    );
    server.caller().header("if-none-match", "\"v1\"").get(&path()).await.expect(200);
}

#[tokio::test]
async fn not_yours_and_not_there_are_the_same_bytes() {
    let server = following();
    for template in ["/api/v1/activation/status/{}/", "/api/v1/account/transactions/{}/"] {
        let mut bodies = Vec::new();
        for id in [transaction_id(1), transaction_id(99)] {
            let stranger = server.other().header("x-request-id", "same");
            let answer = stranger.get(&template.replace("{}", &id.to_string())).await;
            bodies.push((answer.headers.len(), answer.body.clone()));
            answer.expect_problem(404, "transaction_not_found");
        }
        assert_eq!(bodies[0], bodies[1]);
    }
}

#[tokio::test]
async fn a_wait_ends_when_the_order_changes() {
    let server = following();
    let path = format!("{}?wait=30", path());
    let caller = server.caller();
    let (answer, ()) = tokio::join!(caller.get(&path), change_when_awaited(&server, failed()));
    assert_eq!(answer.expect(200).json()["status"], "FAILED");
}

#[tokio::test]
async fn a_wait_for_news_since_an_older_version_is_over_at_once() {
    let server = following();
    let caller = server.caller().header("if-none-match", "\"v1\"");
    let started = Instant::now();
    caller.get(&format!("{}?wait=30", path())).await.expect(200);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_wait_for_an_ended_order_is_over_at_once() {
    let server = following();
    server.world().orders = vec![detail(failed())];
    let caller = server.caller().header("if-none-match", "\"v3\"");
    let started = Instant::now();
    caller.get(&format!("{}?wait=30", path())).await.expect(304);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_wait_outlasts_what_other_requests_may_take_and_ends_without_news() {
    let server = following();
    let caller = server.caller().header("if-none-match", "\"v2\"");
    let started = Instant::now();
    let answer = caller.get(&format!("{}?wait=6", path())).await.expect(304);
    assert!(started.elapsed() >= Duration::from_secs(6), "{answer:?}");
}

#[tokio::test]
async fn a_server_that_stops_sends_waiting_clients_away_with_the_present_state() {
    let server = following();
    let path = format!("{}?wait=30", path());
    let caller = server.caller();
    let stop = async {
        while server.bell.followed() == 0 {
            tokio::task::yield_now().await;
        }
        server.readiness.drain();
        server.stop().await;
    };
    let (answer, ()) = tokio::join!(caller.get(&path), stop);
    assert_eq!(answer.expect(200).json()["status"], "PROCESSING");
}

#[tokio::test]
async fn a_wait_has_from_0_to_30_whole_seconds() {
    let server = following();
    server.caller().get(&format!("{}?wait=0", path())).await.expect(200);
    for wait in ["31", "-1", "1.5", "1s", "", "999999999999999999999"] {
        let answer = server.caller().get(&format!("{}?wait={wait}", path())).await;
        answer.expect_invalid("/query/wait", "invalid_value");
    }
}
