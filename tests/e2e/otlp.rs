//! A build with the feature `otlp` sends its spans to a collector.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{Options, PATIENCE, Partner, Server, cheapest};

const TRACE: [u8; 16] =
    [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A receiver of OTLP over HTTP that keeps what it is sent.
struct Collector {
    url: String,
    received: Arc<Mutex<Vec<u8>>>,
    _serving: JoinSet<()>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let mut serving = JoinSet::new();
        let kept = received.clone();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(keep(stream, kept.clone()));
            }
        });
        Self { url, received, _serving: serving }
    }

    /// Waits until these bytes have come.
    async fn wait_for(&self, what: &[u8]) {
        let started = Instant::now();
        while !self.received.lock().unwrap().windows(what.len()).any(|bytes| bytes == what) {
            assert!(started.elapsed() < PATIENCE, "{what:?} does not come");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Keeps what comes on one connection, and answers each request with an empty success.
async fn keep(mut stream: TcpStream, received: Arc<Mutex<Vec<u8>>>) {
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        let Some(head) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let end = head + 4 + length.unwrap_or(0_usize);
        if bytes.len() >= end {
            assert!(text.starts_with("post /v1/traces") && text.contains("application/x-protobuf"), "{text}");
            received.lock().unwrap().extend_from_slice(&bytes[head + 4..end]);
            bytes.drain(..end);
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spans_of_an_order_reach_a_collector_in_the_clients_trace() {
    let (collector, partner) = (Collector::start().await, Partner::start().await);
    let settings = vec![("OFFERS_LOG_OTLP_URL", collector.url.clone())];
    let server = Server::start(Options { partner: Some(partner.url.clone()), settings });
    let customer = server.client().log_in("user1").await;
    let offer = json!({"offer_id": cheapest(&customer).await});
    let headers = [("traceparent", PARENT)];
    let answer = customer.post_with("/api/v1/activation/", &headers, offer).await.expect(202);
    let order = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    customer.follow(&order).await;

    for what in [&TRACE[..], b"http.request", b"order.work", order.as_bytes(), b"/api/v1/activation/"] {
        collector.wait_for(what).await;
    }
}
