//! What is refused to those who are known leaves a trace, and never more than one for each.

use offers_domain::audit::{Actor, AuditAction, Subject};
use offers_domain::ids::PartnerId;

use crate::support::{CALLER, STAFF, Server, transaction_id};

#[tokio::test]
async fn whoever_looks_for_what_is_not_theirs_is_in_the_trail_once() {
    let server = Server::start();
    for number in 1..=20 {
        let path = format!("/api/v1/account/transactions/{}/", transaction_id(number));
        server.caller().get(&path).await.expect_problem(404, "transaction_not_found");
    }
    let renewal = r#"{"user_offer_id":99}"#;
    server.caller().post("/api/v1/offers/renew/", renewal).await.expect_problem(404, "user_offer_not_found");
    let last = server.caller().get("/api/v1/admin/users/").await;
    let request = last.header("x-request-id").map(str::to_owned);
    last.expect_problem(403, "forbidden");
    assert!(server.world().audit.is_empty(), "nobody waits for it");

    server.write_notes().await;
    server.write_notes().await;
    let world = server.world();
    let [entry] = &world.audit[..] else { panic!("{:?}", world.audit) };
    let trace = (Actor::User(CALLER), AuditAction::AccessRefused, Subject::User(CALLER));
    assert_eq!((entry.actor, entry.action, entry.subject), trace);
    let details: Vec<_> = entry.details.iter().map(|(name, value)| (&**name, &**value)).collect();
    let expected = [
        ("forbidden", "1"),
        ("last_route", "/api/v1/admin/users/"),
        ("transaction_not_found", "20"),
        ("user_offer_not_found", "1"),
    ];
    assert_eq!(details, expected);
    assert_eq!(entry.request.as_ref().map(|id| id.as_str().to_owned()), request);
}

#[tokio::test]
async fn a_partner_that_tries_references_is_in_the_trail() {
    let server = Server::start();
    let path = "/api/v1/partner/validate/REF-0123456789AB/";
    server.partner().get(path).await.expect(404);
    server.write_notes().await;
    let world = server.world();
    assert_eq!(world.audit[0].actor, Actor::Partner(PartnerId(1)));
    assert_eq!(world.audit[0].details["last_id"], "REF-0123456789AB");
}

#[tokio::test]
async fn what_is_simply_not_there_is_no_trespass() {
    let server = Server::start();
    server.caller().get("/api/v1/offers/99/").await.expect_problem(404, "offer_not_found");
    server.caller().get("/api/v1/nowhere/").await.expect(404);
    server.caller().get("/api/v1/account/transactions/x/").await.expect_problem(400, "malformed_id");
    let order = format!("/api/v1/admin/transactions/{}/", transaction_id(9));
    server.staff().get(&order).await.expect_problem(404, "transaction_not_found");
    server.stranger().get("/api/v1/account/balance/").await.expect(401);
    server.write_notes().await;
    assert!(server.world().audit.iter().all(|entry| entry.actor != Actor::User(STAFF)));
    assert!(server.world().audit.is_empty(), "{:?}", server.world().audit);
}
