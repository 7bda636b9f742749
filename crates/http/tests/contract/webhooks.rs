//! Webhooks: what may be asked for, and by whom.

use offers_domain::ids::PartnerId;
use offers_domain::partner_channel::Partner;
use offers_testkit::builders::{NOON, partner_terms};
use serde_json::json;

use crate::support::Server;

const WEBHOOKS: &str = "/api/v1/partner/webhooks/";
const EVENT: &str = "evt_00000000000000000000000000000001";

#[tokio::test]
async fn a_webhook_is_shown_with_its_secret_when_it_is_registered_and_never_again() {
    let server = Server::start();
    let caller = Partner { id: PartnerId(1), name: "Kiosk".into(), terms: partner_terms(), created_at: NOON };
    server.world().partners.push(caller);
    let created = server.partner().post(WEBHOOKS, r#"{"url":"https://till.example/"}"#).await.expect(201);
    let body = created.json();
    assert_eq!((&body["secret"], &body["status"]), (&json!("whsec_new"), &json!("enabled")));
    assert_eq!(body["events"].as_array().unwrap().len(), 6);
    let shown = server.partner().get(&format!("{WEBHOOKS}1/")).await.expect(200);
    assert!(!shown.body.contains("whsec"), "{}", shown.body);
}

#[tokio::test]
async fn a_key_without_the_scope_does_not_open_webhooks() {
    let server = Server::start();
    server
        .stranger()
        .header("authorization", "Bearer ok_live_r")
        .get(WEBHOOKS)
        .await
        .expect_problem(403, "insufficient_scope");
    server.caller().get(WEBHOOKS).await.expect(401);
}

#[tokio::test]
async fn bad_input_is_named_by_its_place() {
    let server = Server::start();
    for (path, body, pointer) in [
        ("", r#"{"url":"http://till.example/"}"#, "/url"),
        ("", r#"{"url":""}"#, "/url"),
        ("", r#"{"url":"https://a.example/","events":[]}"#, "/events"),
        ("", r#"{"url":"https://a.example/","events":["webhook.test"]}"#, "/events"),
        ("", r#"{"url":"https://a.example/","events":["order.ended"]}"#, "/events/0"),
        ("", r#"{"url":"https://a.example/","colour":"red"}"#, "/colour"),
        ("1/rotate/", r#"{"overlap_hours":169}"#, "/overlap_hours"),
        ("1/test/", r#"{"to":"me"}"#, "/to"),
        ("1/replay/", "{}", "/event_id"),
        ("1/replay/", r#"{"event_id":"42"}"#, "/event_id"),
        ("1/replay/", r#"{"from":"2026-11-20T12:00:00Z","to":"2026-11-20T12:00:00Z"}"#, "/to"),
    ] {
        let answer = server.partner().post(&format!("{WEBHOOKS}{path}"), body).await;
        let problem = answer.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::start();
    let partner = || server.partner();
    partner().get(&format!("{WEBHOOKS}2/")).await.expect_problem(404, "webhook_not_found");
    partner().get(&format!("{WEBHOOKS}2/deliveries/")).await.expect_problem(404, "webhook_not_found");
    let log = format!("{WEBHOOKS}1/deliveries/{EVENT}/");
    partner().get(&log).await.expect_problem(404, "event_not_found");
    partner().get(&format!("{WEBHOOKS}1/deliveries/42/")).await.expect_problem(400, "malformed_id");
    let replay = format!("{WEBHOOKS}2/replay/");
    let one = format!(r#"{{"event_id":"{EVENT}"}}"#);
    partner().post(&replay, &one).await.expect_problem(404, "webhook_not_found");
}

#[tokio::test]
async fn staff_register_on_anybodys_behalf_and_say_why() {
    let server = Server::start();
    let path = "/api/v1/admin/webhooks/";
    let answer = server.staff().post(path, r#"{"url":"https://a.example/"}"#).await;
    let problem = answer.expect_problem(400, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/reason");
    let body = r#"{"url":"https://a.example/","reason":"our own dashboard"}"#;
    let created = server.staff().post(path, body).await.expect(201).json();
    assert_eq!(created["partner_id"], json!(null));
}
