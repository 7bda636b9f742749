//! The catalogue.

use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ids::OfferId;
use offers_testkit::builders::offer;
use serde_json::json;

use super::{BECAUSE, server};

const OFFERS: &str = "/api/v1/admin/offers/";

#[tokio::test]
async fn an_offer_is_added_with_all_its_terms() {
    let server = server();
    let body = r#"{"name":"Music","category":"music","price":"4.99","duration_days":30,"stock":10,
        "sale_until":"2026-06-01T00:00:00Z","fr":{"name":"Musique","description":"Tout"},"reason":"spring"}"#;
    let answer = server.staff().post(OFFERS, body).await.expect(201);
    assert_eq!(answer.header("etag"), Some("\"v1\""));
    let expected = json!({
        "id": 1, "name": "Music", "description": "", "category": "music", "price": "4.99", "currency": "EUR",
        "duration_days": 30, "sale_from": null, "sale_until": "2026-06-01T00:00:00.000Z",
        "purchase_policy": "allow", "stock": 10, "per_customer": null, "requires": null, "excludes": null,
        "fr": {"name": "Musique", "description": "Tout"}, "is_active": true, "version": 1,
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(server.world().audit[0].details["price"], "4.99 EUR");
    for (body, pointer) in [
        (r#"{"name":"M","category":"music","price":"0","duration_days":30,"reason":"x"}"#, "/price"),
        (r#"{"name":"M","category":"music","price":"1","duration_days":0,"reason":"x"}"#, "/duration_days"),
        (r#"{"name":"M","category":"food","price":"1","duration_days":1,"reason":"x"}"#, "/category"),
        (
            r#"{"name":"M","category":"tv","price":"1","duration_days":1,"per_customer":0,"reason":"x"}"#,
            "/per_customer",
        ),
    ] {
        server.staff().post(OFFERS, body).await.expect_invalid(pointer, "invalid_value");
    }
}

#[tokio::test]
async fn an_edit_names_the_version_that_was_read() {
    let server = server();
    server.world().offers = vec![offer(1, 1999)];
    let path = format!("{OFFERS}1/");
    let tag = server.staff().get(&path).await.expect(200).header("etag").unwrap().to_owned();
    assert_eq!(tag, "\"v1\"");
    let dearer = r#"{"price":"24.99","stock":5,"reason":"costs"}"#;
    server.staff().patch(&path, dearer).await.expect_problem(428, "precondition_required");
    let staff = server.staff().header("if-match", &tag);
    let edited = staff.patch(&path, dearer).await.expect(200);
    assert_eq!(edited.header("etag"), Some("\"v2\""));
    let late = staff.patch(&path, r#"{"price":"14.99","reason":"sale"}"#).await;
    assert_eq!(late.header("etag"), Some("\"v2\""), "what there is instead");
    late.expect_problem(412, "precondition_failed");
    let staff = server.staff().header("if-match", "\"v2\"");
    let cleared = staff.patch(&path, r#"{"stock":null,"reason":"enough"}"#).await;
    assert_eq!(cleared.expect(200).json()["stock"], json!(null));
    let world = server.world();
    let entry = &world.audit[0];
    assert_eq!((entry.action, entry.subject), (AuditAction::OfferChanged, Subject::Offer(OfferId(1))));
    assert_eq!((&*entry.details["price.from"], &*entry.details["price.to"]), ("19.99 EUR", "24.99 EUR"));
    assert_eq!(world.audit.len(), 2);
}

#[tokio::test]
async fn an_offer_is_retired_and_brought_back() {
    let server = server();
    server.world().offers = vec![offer(1, 1999)];
    let any = server.staff().header("if-match", "*");
    let retired = any.post(&format!("{OFFERS}1/retire/"), BECAUSE).await.expect(200).json();
    assert_eq!((&retired["is_active"], &retired["version"]), (&json!(false), &json!(2)));
    let listed = server.staff().get(&format!("{OFFERS}?is_active=false")).await.expect(200).json();
    assert_eq!(listed["data"][0]["id"], 1);
    any.post(&format!("{OFFERS}1/retire/"), BECAUSE).await.expect(200);
    let back = any.post(&format!("{OFFERS}1/restore/"), BECAUSE).await.expect(200).json();
    assert_eq!(back["is_active"], true);
    let actions: Vec<_> = server.world().audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, [AuditAction::OfferRetired, AuditAction::OfferRestored]);
    any.post(&format!("{OFFERS}9/retire/"), BECAUSE).await.expect_problem(404, "offer_not_found");
    server
        .staff()
        .post(&format!("{OFFERS}1/retire/"), BECAUSE)
        .await
        .expect_problem(428, "precondition_required");
    let itself = r#"{"requires":1,"reason":"x"}"#;
    any.patch(&format!("{OFFERS}1/"), itself).await.expect_invalid("/requires", "invalid_value");
    let nothing = r#"{"excludes":77,"reason":"x"}"#;
    any.patch(&format!("{OFFERS}1/"), nothing).await.expect_invalid("/requires", "invalid_value");
}
