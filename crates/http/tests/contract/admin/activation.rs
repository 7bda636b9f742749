//! Activation partners and incidents.

use offers_domain::activation_partner::ActivationPartner;
use offers_domain::audit::{Actor, AuditAction, Subject};
use offers_domain::ids::{AccountId, IncidentId, OfferId};
use offers_domain::incident::{Incident, IncidentKind, IncidentState};
use offers_domain::transaction::{Transaction, TransactionParts};
use offers_testkit::builders::{NOON, order};
use serde_json::json;

use super::{BECAUSE, server};
use crate::support::{STAFF, parked_order, transaction_id};

const PARTNERS: &str = "/api/v1/admin/activation-partners/";
const INCIDENTS: &str = "/api/v1/admin/incidents/";

/// The partner said too late that it had done what order 1 was for.
fn incident(id: i64, state: IncidentState) -> Incident {
    Incident {
        id: IncidentId(id),
        transaction: transaction_id(1),
        partner: ActivationPartner::DEFAULT,
        kind: IncidentKind::LateSuccess,
        evidence: "confirmed: P-1".into(),
        state,
        attempt: 2,
        last_answer: Some("unknown: timed out".into()),
        created_at: NOON,
        updated_at: NOON,
    }
}

#[tokio::test]
async fn a_partner_is_paused_and_resumed_for_a_reason_that_is_kept() {
    let server = server();
    let listed = server.staff().get(PARTNERS).await.expect(200).json();
    let running = json!({"name": "default", "is_paused": false, "paused_at": null, "reason": null, "open_orders": 3, "is_configured": true});
    assert_eq!((&listed["data"][0], &listed["has_more"]), (&running, &json!(false)));
    let (pause, resume) = (format!("{PARTNERS}default/pause/"), format!("{PARTNERS}default/resume/"));
    let paused = server.staff().post(&pause, BECAUSE).await.expect(200).json();
    assert_eq!((&paused["is_paused"], &paused["reason"]), (&json!(true), &json!("asked by telephone")));
    server.staff().post(&pause, BECAUSE).await.expect(200);
    assert_eq!(server.staff().post(&resume, BECAUSE).await.expect(200).json(), running);
    server.staff().post(&resume, BECAUSE).await.expect(200);
    let world = server.world();
    let trail: Vec<_> = world.audit.iter().map(|entry| (entry.actor, entry.action, entry.subject)).collect();
    let (who, what) = (Actor::Staff(STAFF), Subject::ActivationPartner(ActivationPartner::DEFAULT));
    let once = [(who, AuditAction::ActivationPaused, what), (who, AuditAction::ActivationResumed, what)];
    assert_eq!(trail, once, "what is so already leaves no trace");
}

#[tokio::test]
async fn a_partner_that_the_settings_do_not_name_is_not_found() {
    let server = server();
    for deed in ["pause", "resume"] {
        let stranger = server.staff().post(&format!("{PARTNERS}nobody/{deed}/"), BECAUSE).await;
        stranger.expect_problem(404, "activation_partner_not_found");
        let malformed = server.staff().post(&format!("{PARTNERS}No%20body/{deed}/"), BECAUSE).await;
        malformed.expect_problem(400, "malformed_id");
        let no_reason = server.staff().post(&format!("{PARTNERS}default/{deed}/"), "{}").await;
        no_reason.expect_invalid("/reason", "required");
    }
    assert!(server.world().audit.is_empty());
}

#[tokio::test]
async fn incidents_are_listed_by_where_they_stand() {
    let server = server();
    server.world().incidents =
        vec![incident(3, IncidentState::NeedsAttention), incident(2, IncidentState::Voiding(NOON))];
    let first = server.staff().get(&format!("{INCIDENTS}?limit=1")).await.expect(200).json();
    assert_eq!((&first["data"][0]["id"], &first["has_more"]), (&json!(3), &json!(true)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.staff().get(&format!("{INCIDENTS}?limit=1&cursor={cursor}")).await.expect(200).json();
    let expected = json!({
        "id": 2, "transaction_id": transaction_id(1).to_string(), "activation_partner": "default",
        "kind": "late_success", "evidence": "confirmed: P-1", "status": "voiding",
        "next_attempt_at": "2026-03-03T12:00:00.000Z", "attempt": 2, "last_answer": "unknown: timed out",
        "created_at": "2026-03-03T12:00:00.000Z", "updated_at": "2026-03-03T12:00:00.000Z",
    });
    assert_eq!(second["data"], json!([expected]));
    assert_eq!(server.staff().get(&format!("{INCIDENTS}2/")).await.expect(200).json(), expected);
    let waiting = server.staff().get(&format!("{INCIDENTS}?status=needs_attention")).await.expect(200).json();
    assert_eq!(waiting["data"].as_array().unwrap().len(), 1);
    server.staff().get(&format!("{INCIDENTS}9/")).await.expect_problem(404, "incident_not_found");
    let unknown = server.staff().get(&format!("{INCIDENTS}?status=lost")).await;
    unknown.expect_invalid("/query/status", "invalid_value");
}

#[tokio::test]
async fn an_incident_is_closed_once_with_a_trace() {
    let server = server();
    server.world().transactions = vec![parked_order(1)];
    server.world().incidents = vec![incident(2, IncidentState::NeedsAttention)];
    let close = format!("{INCIDENTS}2/close/");
    let closed = server.staff().post(&close, BECAUSE).await.expect(200).json();
    assert_eq!((&closed["status"], &closed["next_attempt_at"]), (&json!("resolved"), &json!(null)));
    server.staff().post(&close, BECAUSE).await.expect_problem(409, "incident_closed");
    let world = server.world();
    let entry = &world.audit[0];
    let deed = (AuditAction::IncidentClosed, Subject::Incident(IncidentId(2)));
    assert_eq!((world.audit.len(), (entry.action, entry.subject)), (1, deed));
    assert_eq!(entry.details["from"], "needs_attention");
    assert_eq!(entry.details["transaction"], transaction_id(1).to_string());
}

#[tokio::test]
async fn nobody_closes_an_incident_about_their_own_order() {
    let server = server();
    let parts = parked_order(1).parts().clone();
    let own = TransactionParts { order: order(STAFF, OfferId(1), AccountId(120), 1999), ..parts };
    server.world().transactions = vec![Transaction::from_parts(own)];
    server.world().incidents = vec![incident(2, IncidentState::Voiding(NOON))];
    let close = format!("{INCIDENTS}2/close/");
    server.staff().post(&close, BECAUSE).await.expect_problem(403, "forbidden");
    server.root().post(&close, BECAUSE).await.expect(200);
}
