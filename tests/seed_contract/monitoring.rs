//! E18 and E19: what developers read, and what Prometheus and a load balancer ask.

use crate::support::{Client, Server};

#[tokio::test(flavor = "multi_thread")]
async fn e19_metrics_are_prometheus_text_on_a_listener_of_their_own_and_probes_answer() {
    let server = Server::start_plain();
    let monitoring = Client::new(&server.metrics_url);
    let metrics = monitoring.get("/metrics").await.expect(200);
    assert!(metrics.header("content-type").starts_with("text/plain"), "{}", metrics.header("content-type"));
    assert!(metrics.text.contains("# TYPE offers_orders_placed_total counter"), "{}", metrics.text);
    server.client().get("/metrics").await.expect(404);
    for probe in ["/livez", "/readyz"] {
        monitoring.get(probe).await.expect(200);
        server.client().get(probe).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e18_swagger_is_a_page_that_needs_nothing_from_elsewhere_and_reads_the_contract() {
    let server = Server::start_plain();
    let page = server.client().get("/swagger/").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    assert!(!page.text.contains("https://"), "{}", page.text);
    let contract = server.client().get("/openapi.json").await.expect(200).json();
    assert!(contract["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in ["/api/v1/auth/login/", "/api/v1/activation/", "/api/v1/partner/validate/{reference}/"] {
        assert!(contract["paths"][path].is_object(), "{path}");
    }
}
