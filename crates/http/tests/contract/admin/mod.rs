//! The back office.

mod activation;
mod offers;
mod orders;
mod partners;
mod people;
mod wallets;

use offers_domain::ports::LedgerCheck;
use offers_domain::user::Role;
use offers_http::{Access, route_table};
use offers_testkit::builders::NOON;
use serde_json::json;

use crate::support::{CALLER, ROOT, STAFF, Server, colleague, transaction_id};

const CREDITS: &str = "/api/v1/admin/users/7/credits/";
const BECAUSE: &str = r#"{"reason":"asked by telephone"}"#;
const TEN: &str = r#"{"amount":"10.00","reason":"goodwill"}"#;

/// The caller has 5.00, and the back office has its people.
fn server() -> Server {
    let server = Server::start();
    let mut world = server.world();
    world.balances.insert(CALLER, 500);
    world.balances.insert(STAFF, 0);
    world.people = vec![colleague(STAFF, Role::Staff), colleague(ROOT, Role::Superuser)];
    drop(world);
    server
}

#[tokio::test]
async fn the_back_office_is_closed_to_customers_and_its_safe_to_staff() {
    let server = server();
    let mut closed = 0;
    for route in route_table().filter(|route| matches!(route.access, Access::Staff | Access::Superuser)) {
        let id = if route.path.contains("transactions") { transaction_id(1).to_string() } else { "7".into() };
        let path = route.path.replace("{id}", &id).replace("{key}", "7").replace("{event}", "7");
        assert!(path.starts_with("/api/v1/admin/"), "{path}");
        for method in route.methods {
            server.caller().send(method, &path, Some(b"")).await.expect(403);
            let by_staff = server.staff().send(method, &path, Some(b"")).await;
            assert_eq!(by_staff.status == 403, route.access == Access::Superuser, "{method} {path}");
        }
        closed += 1;
    }
    assert_eq!(closed, 44);
    let all = route_table().filter(|route| route.path.starts_with("/api/v1/admin/")).count();
    assert_eq!(closed, all, "nothing of the back office is open");
}

#[tokio::test]
async fn the_trail_is_read_with_filters_that_go_together() {
    let server = server();
    for amount in ["1.00", "2.00"] {
        let key = format!("credit-{amount}-123456");
        let body = format!(r#"{{"amount":"{amount}","reason":"goodwill"}}"#);
        server.staff().header("idempotency-key", &key).post(CREDITS, &body).await.expect(201);
    }
    let path = "/api/v1/admin/audit/";
    let first = server.staff().get(&format!("{path}?limit=1")).await.expect(200).json();
    let entry = &first["data"][0];
    assert_eq!(
        (&entry["actor"], &entry["actor_id"], &entry["action"]),
        (&json!("staff"), &json!(20), &json!("wallet_credited"))
    );
    assert_eq!(
        (&entry["subject"], &entry["subject_id"], &entry["reason"]),
        (&json!("user"), &json!("7"), &json!("goodwill"))
    );
    assert_eq!(entry["details"]["amount"], "2.00");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.staff().get(&format!("{path}?limit=1&cursor={cursor}")).await.expect(200).json();
    assert_eq!(second["data"][0]["details"]["amount"], "1.00");
    let whole =
        "?actor=staff&actor_id=20&action=wallet_credited&subject=user&subject_id=7&from=2026-03-03T00:00:00Z";
    server.staff().get(&format!("{path}{whole}")).await.expect(200);
    for (query, pointer) in [
        ("?actor=staff", "/query/actor_id"),
        ("?actor=system&actor_id=1", "/query/actor_id"),
        ("?actor_id=1", "/query/actor"),
        ("?subject=user", "/query/subject"),
        ("?subject=user&subject_id=x", "/query/subject_id"),
        ("?action=nothing", "/query/action"),
    ] {
        server.staff().get(&format!("{path}{query}")).await.expect_invalid(pointer, "invalid_value");
    }
}

#[tokio::test]
async fn how_things_stand_is_told() {
    let server = server();
    let stats = server.staff().get("/api/v1/admin/stats/").await.expect(200).json();
    assert_eq!((&stats["orders"]["needs_attention"], &stats["notices"]["open"]), (&json!(0), &json!(0)));
    assert_eq!(stats["incidents"]["needs_attention"], 0);
    let unchecked = server.staff().get("/api/v1/admin/ledger/").await.expect(200).json();
    assert_eq!((&unchecked["checked_at"], &unchecked["adds_up"]), (&json!(null), &json!(null)));
    let sentences = vec!["one_charge: transaction 7 has none".to_owned()];
    server.world().check = Some(LedgerCheck {
        at: NOON,
        accounts: 1,
        transfers: 2,
        transactions: 3,
        differences: 1,
        sentences: sentences.clone(),
    });
    let checked = server.staff().get("/api/v1/admin/ledger/").await.expect(200).json();
    assert_eq!((&checked["adds_up"], &checked["details"]), (&json!(false), &json!(sentences)));
    server.staff().get("/api/v1/admin/notices/?status=failed&channel=email").await.expect(200);
    server
        .staff()
        .get("/api/v1/admin/notices/?status=lost")
        .await
        .expect_invalid("/query/status", "invalid_value");
}
