//! Probes, and the listener for machines.

use std::time::{Duration, Instant};

use offers_domain::ports::StoreError;
use prometheus::IntCounter;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn both_listeners_answer_probes() {
    for server in [Server::start(), Server::monitoring()] {
        for path in ["/livez", "/livez/", "/readyz", "/readyz/"] {
            server.stranger().get(path).await.expect(200);
        }
        assert_eq!(server.stranger().get("/readyz").await.json(), json!({"status": "ready"}));
    }
}

#[tokio::test]
async fn a_server_that_stops_or_lost_its_store_is_alive_but_not_ready() {
    for server in [Server::start(), Server::monitoring()] {
        server.world().failure = Some(StoreError::Unavailable("the secret path".into()));
        server.stranger().get("/readyz").await.expect_problem(503, "service_unavailable");
        server.world().failure = None;
        server.stranger().get("/readyz").await.expect(200);
        server.readiness.drain();
        server.stranger().get("/readyz").await.expect_problem(503, "service_unavailable");
        server.stranger().get("/livez").await.expect(200);
    }
}

#[tokio::test]
async fn a_store_that_never_answers_is_not_waited_for() {
    let server = Server::start();
    server.world().hangs = true;
    let started = Instant::now();
    server.stranger().get("/readyz").await.expect_problem(503, "service_unavailable");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[tokio::test]
async fn metrics_of_the_whole_process_are_on_their_own_listener_alone() {
    let monitoring = Server::monitoring();
    let counter = IntCounter::new("something_else_total", "Counted elsewhere.").unwrap();
    monitoring.registry.register(Box::new(counter.clone())).unwrap();
    counter.inc();

    let answer = monitoring.stranger().get("/metrics").await.expect(200);
    assert!(answer.body.contains("something_else_total 1"), "{}", answer.body);
    assert!(answer.header("content-type").unwrap().starts_with("text/plain"));

    monitoring.stranger().get("/api/v1/offers/").await.expect_problem(404, "not_found");
    Server::start().stranger().get("/metrics").await.expect_problem(404, "not_found");
}
