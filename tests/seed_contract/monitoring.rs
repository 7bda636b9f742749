//! E19: what Prometheus and a load balancer ask.

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
