//! Everybody's orders.

use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ids::{OfferId, PartnerId};
use offers_domain::transaction::{Status, SubStatus};
use offers_testkit::builders::NOON;
use serde_json::json;

use super::{BECAUSE, server};
use crate::support::{CALLER, STAFF, parked_order, transaction_id};

const ORDERS: &str = "/api/v1/admin/transactions/";

fn order(number: u128, deed: &str) -> String {
    format!("{ORDERS}{}/{deed}", transaction_id(number))
}

#[tokio::test]
async fn everybodys_orders_are_searched() {
    let server = server();
    server.world().transactions = vec![parked_order(2), parked_order(1)];
    let path = format!(
        "{ORDERS}?limit=1&user_id=7&offer_id=1&status=PROCESSING&sub_status=needs_attention&older_than=60"
    );
    let first = server.staff().get(&path).await.expect(200).json();
    assert_eq!(first["data"][0]["sub_status"], "needs_attention");
    let search = server.world().staff_search.clone().unwrap();
    assert_eq!((search.user, search.offer), (Some(CALLER), Some(OfferId(1))));
    assert_eq!(
        (search.status, search.sub_status),
        (Some(Status::Processing), Some(SubStatus::NeedsAttention))
    );
    assert_eq!(search.to, Some(NOON - time::Duration::HOUR));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.staff().get(&format!("{ORDERS}?limit=1&cursor={cursor}")).await.expect(200).json();
    assert_eq!(second["data"][0]["transaction_id"], transaction_id(1).to_string());
    server
        .staff()
        .get(&format!("{ORDERS}?user_id=0"))
        .await
        .expect_invalid("/query/user_id", "invalid_value");
    let file = server.staff().get(&order(1, "")).await.expect(200).json();
    assert_eq!(
        (&file["account_id"], &file["transfers"], &file["attempts"]),
        (&json!(107), &json!([]), &json!([]))
    );
    server.staff().get(&order(9, "")).await.expect_problem(404, "transaction_not_found");
}

#[tokio::test]
async fn an_order_is_searched_by_what_people_have_of_it() {
    let server = server();
    let id = transaction_id(1);
    let path = format!(
        "{ORDERS}?id={id}&partner_id=3&reference=REF-7K2M9QX4D1WZ&from=2026-03-01T12:00:00Z&to=2026-03-02T00:00:00%2B02:00"
    );
    server.staff().get(&path).await.expect(200);
    let search = server.world().staff_search.clone().unwrap();
    assert_eq!((search.id, search.partner), (Some(id), Some(PartnerId(3))));
    assert_eq!(search.reference.as_deref(), Some("REF-7K2M9QX4D1WZ"));
    let day = time::macros::datetime!(2026-03-01 12:00 UTC);
    assert_eq!((search.from, search.to), (Some(day), Some(day + 10 * time::Duration::HOUR)));
    for (name, value) in
        [("id", "7"), ("partner_id", "0"), ("reference", ""), ("from", "yesterday"), ("to", "2026-03-01")]
    {
        let refused = server.staff().get(&format!("{ORDERS}?{name}={value}")).await;
        refused.expect_invalid(&format!("/query/{name}"), "invalid_value");
    }
}

#[tokio::test]
async fn an_order_that_waits_is_sent_back_to_work_once() {
    let server = server();
    server.world().transactions = vec![parked_order(1)];
    let sent = server.staff().post(&order(1, "retry/"), BECAUSE).await.expect(200).json();
    assert_eq!((&sent["status"], &sent["sub_status"]), (&json!("PROCESSING"), &json!("reconciling")));
    server.staff().post(&order(1, "retry/"), BECAUSE).await.expect_problem(409, "order_not_parked");
    server.staff().post(&order(9, "retry/"), BECAUSE).await.expect_problem(404, "transaction_not_found");
    let world = server.world();
    let entry = &world.audit[0];
    let deed = (AuditAction::OrderRetried, Subject::Transaction(transaction_id(1)));
    assert_eq!((world.audit.len(), (entry.action, entry.subject)), (1, deed));
}

#[tokio::test]
async fn a_resolved_order_ends_as_the_partner_said_and_the_customer_is_told() {
    let confirmed = r#"{"outcome":"confirmed","reference":"P-1","reason":"asked the partner"}"#;
    let refused = r#"{"outcome":"refused","reason":"asked the partner"}"#;
    for (body, status, refunded) in [(confirmed, "SUCCESS", false), (refused, "FAILED", true)] {
        let server = server();
        server.world().transactions = vec![parked_order(1)];
        let ended = server.staff().post(&order(1, "resolve/"), body).await.expect(200).json();
        assert_eq!((&ended["status"], &ended["refunded"]), (&json!(status), &json!(refunded)));
        server.staff().post(&order(1, "resolve/"), body).await.expect_problem(409, "order_not_parked");
        let world = server.world();
        assert_eq!((world.notices.len(), world.audit.len()), (1, 1));
        assert_eq!(
            (world.audit[0].action, &*world.audit[0].details["to"]),
            (AuditAction::OrderResolved, status)
        );
    }
}

#[tokio::test]
async fn what_the_partner_said_is_complete_or_nothing_happens() {
    let server = server();
    server.world().transactions = vec![parked_order(1)];
    for (body, pointer, code) in [
        (r#"{"outcome":"confirmed","reason":"x"}"#, "/reference", "invalid_value"),
        (r#"{"outcome":"refused","reference":"P-1","reason":"x"}"#, "/reference", "invalid_value"),
        (r#"{"outcome":"maybe","reason":"x"}"#, "/outcome", "invalid_value"),
        (r#"{"outcome":"refused"}"#, "/reason", "required"),
    ] {
        server.staff().post(&order(1, "resolve/"), body).await.expect_invalid(pointer, code);
    }
    assert!(server.world().audit.is_empty());
}

#[tokio::test]
async fn nobody_decides_about_their_own_order() {
    let server = server();
    let own = offers_testkit::builders::order(STAFF, OfferId(1), offers_domain::ids::AccountId(120), 1999);
    let parts = parked_order(1).parts().clone();
    let own = offers_domain::transaction::TransactionParts { order: own, ..parts };
    server.world().transactions = vec![offers_domain::transaction::Transaction::from_parts(own)];
    let refused = r#"{"outcome":"refused","reason":"my money back"}"#;
    server.staff().post(&order(1, "resolve/"), refused).await.expect_problem(403, "forbidden");
    server.staff().post(&order(1, "retry/"), BECAUSE).await.expect_problem(403, "forbidden");
    server.root().post(&order(1, "retry/"), BECAUSE).await.expect(200);
}
