//! Companies that sell through the partner API, as staff look after them.

use offers_domain::audit::{Actor, AuditAction, Subject};
use offers_domain::ids::PartnerId;
use serde_json::json;

use super::{BECAUSE, TEN, server};
use crate::support::{STAFF, Server};

const PARTNERS: &str = "/api/v1/admin/partners/";
const KIOSK: &str = "/api/v1/admin/partners/1/";
const CREDITS: &str = "/api/v1/admin/partners/1/credits/";
const KEYS: &str = "/api/v1/admin/partners/1/keys/";

/// A back office with one partner.
async fn with_kiosk() -> Server {
    let server = server();
    let new = r#"{"name":"Kiosk","discount":"7.25","reason":"signed on Monday"}"#;
    server.staff().post(PARTNERS, new).await.expect(201);
    server
}

#[tokio::test]
async fn a_partner_is_added_listed_shown_and_changed_for_a_reason() {
    let server = with_kiosk().await;
    let staff = server.staff();
    let shown = staff.get(KIOSK).await.expect(200).json();
    assert_eq!((&shown["name"], &shown["discount"]), (&json!("Kiosk"), &json!("7.25")));
    assert_eq!(
        (&shown["funding"], &shown["is_active"], &shown["keys"]),
        (&json!("partner"), &json!(true), &json!([]))
    );
    assert_eq!(
        (&shown["balance"], &shown["available"], &shown["currency"]),
        (&json!("-19.99"), &json!("30.01"), &json!("EUR"))
    );
    let stop = r#"{"is_active":false,"requests_per_minute":90,"reason":"unpaid"}"#;
    staff.patch(KIOSK, stop).await.expect_problem(428, "precondition_required");
    let seen = staff.get(KIOSK).await.expect(200).header("etag").unwrap().to_owned();
    let one = staff.header("if-match", &seen);
    let stopped = one.patch(KIOSK, stop).await.expect(200);
    let tag = stopped.header("etag").unwrap().to_owned();
    let other = one.patch(KIOSK, r#"{"is_active":true,"reason":"paid"}"#).await;
    assert_eq!(other.header("etag"), Some(&*tag), "the other editor is told what there is instead");
    other.expect_problem(412, "precondition_failed");
    let stopped = stopped.json();
    assert_eq!((&stopped["is_active"], &stopped["requests_per_minute"]), (&json!(false), &json!(90)));
    let back = staff
        .header("if-match", &tag)
        .patch(KIOSK, r#"{"requests_per_minute":null,"reason":"as everybody"}"#)
        .await
        .expect(200);
    assert_eq!(
        (&back.json()["is_active"], &back.json()["requests_per_minute"]),
        (&json!(false), &json!(null))
    );
    staff.post(PARTNERS, r#"{"name":"Shop","reason":"signed"}"#).await.expect(201);
    let first = staff.get(&format!("{PARTNERS}?limit=1")).await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = staff.get(&format!("{PARTNERS}?limit=1&cursor={cursor}")).await.expect(200).json();
    assert_eq!((&first["data"][0]["name"], &second["data"][0]["name"]), (&json!("Kiosk"), &json!("Shop")));
    let world = server.world();
    let deeds: Vec<_> = world.audit.iter().map(|entry| (entry.actor, entry.action, entry.subject)).collect();
    let by_staff = |action, id| (Actor::Staff(STAFF), action, Subject::Partner(PartnerId(id)));
    let (created, changed) = (AuditAction::PartnerCreated, AuditAction::PartnerChanged);
    assert_eq!(
        deeds,
        [by_staff(created, 1), by_staff(changed, 1), by_staff(changed, 1), by_staff(created, 2)]
    );
}

#[tokio::test]
async fn what_a_partner_agrees_to_is_checked() {
    let server = with_kiosk().await;
    for (body, pointer, code) in [
        (r#"{"name":"A"}"#, "/reason", "required"),
        (r#"{"name":" ","reason":"x"}"#, "/name", "invalid_value"),
        (r#"{"name":"A","discount":"100","reason":"x"}"#, "/discount", "invalid_value"),
        (r#"{"name":"A","funding":"nobody","reason":"x"}"#, "/funding", "invalid_value"),
        (r#"{"name":"A","requests_per_minute":0,"reason":"x"}"#, "/requests_per_minute", "invalid_value"),
        (r#"{"name":"A","credit_limit":"-1","reason":"x"}"#, "/credit_limit", "invalid_value"),
    ] {
        server.root().post(PARTNERS, body).await.expect_invalid(pointer, code);
    }
    let same = r#"{"name":"Kiosk","reason":"again"}"#;
    server.staff().post(PARTNERS, same).await.expect_problem(409, "partner_name_taken");
    server.staff().get("/api/v1/admin/partners/9/").await.expect_problem(404, "partner_not_found");
    server.staff().get("/api/v1/admin/partners/x/").await.expect_problem(400, "malformed_id");
    let elsewhere = server.staff().header("if-match", "*").patch("/api/v1/admin/partners/9/", BECAUSE).await;
    elsewhere.expect_problem(404, "partner_not_found");
}

#[tokio::test]
async fn money_that_nobody_has_paid_is_lent_by_superusers_alone() {
    let server = with_kiosk().await;
    let lent = r#"{"name":"Shop","credit_limit":"50.00","reason":"signed"}"#;
    server.staff().post(PARTNERS, lent).await.expect_problem(403, "forbidden");
    server.root().post(PARTNERS, lent).await.expect(201);
    let raised = r#"{"credit_limit":"60.00","reason":"pays well"}"#;
    server.staff().header("if-match", "*").patch(KIOSK, raised).await.expect_problem(403, "forbidden");
    server.root().header("if-match", "*").patch(KIOSK, raised).await.expect(200);
}

#[tokio::test]
async fn a_payment_is_booked_once_and_replayed_word_for_word() {
    let server = with_kiosk().await;
    let named = |key: &str| server.root().header("idempotency-key", key);
    server.stranger().post(CREDITS, TEN).await.expect(401);
    server.staff().header("idempotency-key", "payment-12345678").post(CREDITS, TEN).await.expect(403);
    server.root().post(CREDITS, TEN).await.expect_problem(400, "idempotency_key_required");
    let first = named("payment-12345678").post(CREDITS, TEN).await.expect(201);
    assert_eq!((&first.json()["balance"], &first.json()["partner_id"]), (&json!("10.00"), &json!(1)));
    let again = named("payment-12345678").post(CREDITS, TEN).await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    let other = r#"{"amount":"11.00","reason":"goodwill"}"#;
    named("payment-12345678").post(CREDITS, other).await.expect_problem(422, "idempotency_key_reused");
    let nobody = "/api/v1/admin/partners/9/credits/";
    named("payment-87654321").post(nobody, TEN).await.expect_problem(404, "partner_not_found");
    let world = server.world();
    let booked = world.audit.iter().filter(|entry| entry.action == AuditAction::PartnerCredited).count();
    assert_eq!((booked, world.records.len()), (1, 1));
}

#[tokio::test]
async fn a_key_is_shown_once_and_taken_back_by_its_id() {
    let server = with_kiosk().await;
    let reader = r#"{"scopes":["read"],"expires_in_days":30,"reason":"asked by telephone"}"#;
    server.staff().post(KEYS, reader).await.expect(403);
    let issued = server.root().post(KEYS, reader).await.expect(201).json();
    assert_eq!((&issued["id"], &issued["key"]), (&json!(1), &json!("ok_live_secretn")));
    assert_eq!(issued["expires_at"], "2026-04-02T12:00:00.000Z");
    let shown = server.staff().get(KIOSK).await.expect(200);
    assert!(!shown.body.contains("ok_live_secretn"), "{}", shown.body);
    assert_eq!(shown.json()["keys"][0]["scopes"], json!(["read"]));
    server.root().post(KEYS, BECAUSE).await.expect(201);
    server.root().post(KEYS, BECAUSE).await.expect_problem(409, "too_many_api_keys");
    let none = r#"{"scopes":[],"reason":"x"}"#;
    server.root().post(KEYS, none).await.expect_invalid("/scopes", "invalid_value");
    server
        .root()
        .post("/api/v1/admin/partners/9/keys/", BECAUSE)
        .await
        .expect_problem(404, "partner_not_found");
    let revoked = server.staff().post(&format!("{KEYS}1/revoke/"), BECAUSE).await.expect(200).json();
    assert_eq!(revoked["keys"][0]["revoked_at"], "2026-03-03T12:00:00.000Z");
    server.staff().post(&format!("{KEYS}9/revoke/"), BECAUSE).await.expect_problem(404, "api_key_not_found");
}
