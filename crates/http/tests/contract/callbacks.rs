//! What activation partners report of their own accord.

use offers_domain::ids::UserOfferId;
use offers_domain::limits::Quota;
use offers_domain::ports::StoreError;
use offers_domain::transaction::{Order, Transaction, TransactionParts};
use offers_http::Quotas;

use crate::support::{Answer, Client, Server, parked_order};

const PATHS: [&str; 2] =
    ["/api/v1/partner/callbacks/activation/", "/api/v1/partner/callbacks/activation/tv-house/"];

async fn report(client: &Client, path: &str, signature: &str, body: &[u8]) -> Answer {
    let client = client
        .clone()
        .header("content-type", "application/json")
        .header("webhook-id", "msg_1")
        .header("webhook-timestamp", "1772539200")
        .header("webhook-signature", signature);
    client.send("POST", path, Some(body)).await
}

#[tokio::test]
async fn a_report_that_is_kept_is_accepted() {
    let server = Server::start();
    for path in PATHS {
        assert_eq!(report(&server.stranger(), path, "good", b"{}").await.expect(202).body, "");
    }
}

#[tokio::test]
async fn a_forged_and_a_stale_report_get_the_same_answer() {
    let server = Server::start();
    for path in PATHS {
        for signature in ["bad", "old", ""] {
            let answer = report(&server.stranger(), path, signature, b"{}").await;
            assert_eq!(answer.header("www-authenticate"), Some("Standard-Webhooks"));
            answer.expect_problem(401, "invalid_signature");
        }
    }
    let nobody = "/api/v1/partner/callbacks/activation/Nobody!/";
    report(&server.stranger(), nobody, "good", b"{}").await.expect_problem(401, "invalid_signature");
    let unsigned = server.stranger().header("content-type", "application/json");
    unsigned.send("POST", PATHS[0], Some(b"{}")).await.expect_problem(401, "invalid_signature");
}

#[tokio::test]
async fn what_cannot_be_a_report_is_refused() {
    let server = Server::start();
    let stranger = server.stranger();
    report(&stranger, PATHS[0], "good", b"{").await.expect_problem(400, "malformed_request");
    let long = vec![b' '; 64 * 1024 + 1];
    report(&stranger, PATHS[0], "good", &long).await.expect_problem(413, "payload_too_large");
    let text = stranger.header("content-type", "text/plain").header("webhook-signature", "good");
    text.send("POST", PATHS[0], Some(b"{}")).await.expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_report_that_cannot_be_kept_is_to_be_sent_again() {
    let server = Server::start();
    server.world().failure = Some(StoreError::Unavailable("down".into()));
    report(&server.stranger(), PATHS[0], "good", b"{}").await.expect_problem(503, "service_unavailable");
}

#[tokio::test]
async fn a_report_that_its_order_cannot_follow_is_to_be_sent_again() {
    let server = Server::start();
    let parts = parked_order(1).parts().clone();
    let order = Order { renews: Some(UserOfferId(404)), ..parts.order };
    server.world().transactions = vec![Transaction::from_parts(TransactionParts { order, ..parts })];
    let answer = report(&server.stranger(), PATHS[0], "good", b"{}").await;
    assert!(answer.header("retry-after").is_some());
    answer.expect_problem(503, "service_unavailable");
}

#[tokio::test]
async fn reports_are_counted_by_address() {
    let server = Server::with_quotas(Quotas { callback: Quota::per_minute(2), ..Quotas::default() });
    for _ in 0..2 {
        report(&server.stranger(), PATHS[0], "bad", b"{}").await.expect(401);
    }
    report(&server.stranger(), PATHS[0], "good", b"{}").await.expect_problem(429, "rate_limited");
}
