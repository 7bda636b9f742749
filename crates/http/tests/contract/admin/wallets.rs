//! Money that staff move.

use offers_domain::audit::{Actor, AuditAction, RequestId, Subject};
use offers_domain::ids::UserId;
use offers_domain::user::Role;
use serde_json::json;

use super::{CREDITS, TEN, server};
use crate::support::{CALLER, STAFF, colleague};

const DEBITS: &str = "/api/v1/admin/users/7/debits/";

#[tokio::test]
async fn a_credit_is_told_and_replayed_word_for_word() {
    let server = server();
    let staff = server.staff().header("idempotency-key", "credit-0123456789");
    let first = staff.post(CREDITS, TEN).await.expect(201);
    let expected = json!({
        "id": "00000000-0000-0000-0000-000000000001", "kind": "credit", "user_id": 7, "amount": "10.00",
        "currency": "EUR", "balance": "15.00", "created_at": "2026-03-03T12:00:00.000Z",
    });
    assert_eq!(first.json()["balance"], expected["balance"]);
    assert_eq!(first.json().as_object().unwrap().len(), expected.as_object().unwrap().len());
    let again = staff.post(CREDITS, r#"{"reason":"goodwill","amount":"10.00"}"#).await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first.body));
    assert_eq!(first.header("idempotent-replayed"), None);
    let world = server.world();
    assert_eq!((world.audit.len(), world.notices.len()), (1, 1), "one trace, one message");
    let entry = &world.audit[0];
    let who = (Actor::Staff(STAFF), AuditAction::WalletCredited, Subject::User(CALLER));
    assert_eq!((entry.actor, entry.action, entry.subject), who);
    assert_eq!(entry.reason.as_ref().unwrap().as_str(), "goodwill");
    assert_eq!(entry.request.as_ref().map(RequestId::as_str), first.header("x-request-id"));
    for (name, value) in [("amount", "10.00"), ("balance_before", "5.00"), ("balance_after", "15.00")] {
        assert_eq!(entry.details[name], value);
    }
}

#[tokio::test]
async fn a_key_is_of_one_amount_and_of_one_wallet() {
    let server = server();
    server.world().people.push(colleague(UserId(9), Role::Customer));
    server.world().balances.insert(UserId(9), 0);
    let staff = server.staff().header("idempotency-key", "credit-0123456789");
    staff.post(CREDITS, TEN).await.expect(201);
    let other = r#"{"amount":"11.00","reason":"goodwill"}"#;
    staff.post(CREDITS, other).await.expect_problem(422, "idempotency_key_reused");
    let path = CREDITS.replace('7', "9");
    staff.post(&path, TEN).await.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn money_moves_for_a_reason_under_a_name() {
    let server = server();
    server.staff().post(CREDITS, TEN).await.expect_problem(400, "idempotency_key_required");
    let staff = server.staff().header("idempotency-key", "credit-0123456789");
    for (body, pointer, code) in [
        (r#"{"amount":"10.00"}"#, "/reason", "required"),
        (r#"{"amount":"10.00","reason":" "}"#, "/reason", "invalid_value"),
        (r#"{"amount":"10.00","reason":"a\nb"}"#, "/reason", "invalid_value"),
        (r#"{"amount":"0","reason":"x"}"#, "/amount", "invalid_value"),
        (r#"{"amount":"-1","reason":"x"}"#, "/amount", "invalid_value"),
        (r#"{"amount":"1.005","reason":"x"}"#, "/amount", "invalid_value"),
        (r#"{"amount":"1.00","reason":"x","balance":"9"}"#, "/balance", "unknown_field"),
    ] {
        staff.post(CREDITS, body).await.expect_invalid(pointer, code);
    }
    staff.post("/api/v1/admin/users/99/credits/", TEN).await.expect_problem(404, "user_not_found");
    staff.post("/api/v1/admin/users/x/credits/", TEN).await.expect_problem(400, "malformed_id");
    assert!(server.world().audit.is_empty());
}

#[tokio::test]
async fn nobody_adds_money_to_their_own_wallet_or_to_a_colleagues() {
    let server = server();
    let own = CREDITS.replace('7', "20");
    server.staff().header("idempotency-key", "credit-0123456789").post(&own, TEN).await.expect(403);
    let superior = CREDITS.replace('7', "21");
    server.staff().header("idempotency-key", "credit-0123456789").post(&superior, TEN).await.expect(403);
    server.root().header("idempotency-key", "credit-0123456789").post(&own, TEN).await.expect(201);
    server.root().header("idempotency-key", "credit-0123456780").post(&superior, TEN).await.expect(403);
}

#[tokio::test]
async fn superusers_take_what_a_wallet_holds_and_not_a_cent_more() {
    let server = server();
    let root = server.root();
    let taken = r#"{"amount":"5.00","reason":"credited by mistake"}"#;
    let too_much = r#"{"amount":"5.01","reason":"credited by mistake"}"#;
    let refused = root.header("idempotency-key", "debit-00123456789").post(DEBITS, too_much).await;
    refused.expect_problem(400, "insufficient_balance");
    let answer = root.header("idempotency-key", "debit-00123456789").post(DEBITS, taken).await.expect(201);
    assert_eq!((&answer.json()["kind"], &answer.json()["balance"]), (&json!("debit"), &json!("0.00")));
    let world = server.world();
    assert_eq!((world.audit.len(), world.audit[0].action), (1, AuditAction::WalletDebited));
    assert!(world.notices.is_empty());
}
