//! Clients that take their time: each gets some, and no more.

use std::time::{Duration, Instant};

use offers_http::HttpSettings;
use offers_testkit::builders::offer;

use crate::support::{Server, Wire};

/// The server's own clock for heads and idle connections ticks twice a second.
const SHORT: Duration = Duration::from_secs(1);

fn impatient() -> Server {
    Server::with(HttpSettings {
        workers: 1,
        keep_alive: SHORT,
        head_timeout: SHORT,
        write_timeout: SHORT,
        disconnect_timeout: SHORT,
        ..HttpSettings::default()
    })
}

const PROBE: &[u8] = b"GET /livez HTTP/1.1\r\nhost: t\r\n\r\n";

#[tokio::test]
async fn a_client_that_says_nothing_is_sent_away() {
    let server = impatient();
    let mut wire = Wire::connect(server.address).await;
    let bytes = wire.read_to_close().await;
    assert!(String::from_utf8_lossy(&bytes).starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_first_head_that_comes_in_drips_is_cut_off() {
    let server = impatient();
    let mut wire = Wire::connect(server.address).await;
    let bytes = drip(&mut wire, PROBE).await;
    assert!(String::from_utf8_lossy(&bytes).starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_later_head_that_comes_in_drips_is_cut_off_as_well() {
    let server = impatient();
    let mut wire = Wire::connect(server.address).await;
    wire.write(PROBE).await;
    wire.read_answer().await.expect(200);
    let started = Instant::now();
    assert_eq!(drip(&mut wire, PROBE).await, b"");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn half_a_second_head_is_not_waited_for() {
    let server = impatient();
    let mut wire = Wire::connect(server.address).await;
    wire.write(PROBE).await;
    wire.read_answer().await.expect(200);
    wire.write(b"GET /livez HTTP/1.1\r\nho").await;
    assert_eq!(wire.read_to_close().await, b"");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = impatient();
    let mut wire = Wire::connect(server.address).await;
    wire.write(PROBE).await;
    wire.read_answer().await.expect(200);
    assert_eq!(wire.read_to_close().await, b"");
}

#[tokio::test]
async fn the_rest_of_a_body_that_nobody_reads_is_not_waited_for() {
    let server = impatient();
    for framing in ["content-length: 100", "transfer-encoding: chunked"] {
        let mut wire = Wire::connect(server.address).await;
        let head = format!("POST /api/v1/activation/ HTTP/1.1\r\nhost: t\r\n{framing}\r\n\r\n5\r\nhello");
        wire.write(head.as_bytes()).await;
        let text = String::from_utf8_lossy(&wire.read_to_close().await).into_owned();
        assert!(text.starts_with("HTTP/1.1 401 "), "{framing}: {text}");
    }
}

#[tokio::test]
async fn a_client_that_never_takes_its_answers_is_sent_away() {
    let server = impatient();
    let mut large = offer(1, 100);
    large.terms.description = "d".repeat(2000);
    server.world().offers = vec![large; 100];
    let request =
        "GET /api/v1/offers/?limit=100 HTTP/1.1\r\nhost: t\r\nauthorization: Bearer good-token\r\n\r\n";
    let mut wire = Wire::connect(server.address).await;

    // More than the socket's buffers hold, and not a byte of it read until the server has given up.
    for _ in 0..200 {
        wire.write(request.as_bytes()).await;
    }
    tokio::time::timeout(Duration::from_secs(20), wire.closed()).await.expect("the server gives up");
}

#[tokio::test]
async fn a_connection_ends_when_it_has_been_used_long_enough() {
    let server =
        Server::with(HttpSettings { workers: 1, connection_lifetime: SHORT, ..HttpSettings::default() });
    let mut wire = Wire::connect(server.address).await;
    wire.write(PROBE).await;
    wire.read_answer().await.expect(200);
    let started = Instant::now();
    assert_eq!(wire.read_to_close().await, b"");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[tokio::test]
async fn slow_clients_do_not_keep_others_waiting() {
    let server = Server::start();
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut wire = Wire::connect(server.address).await;
        wire.write(b"GET /livez HT").await;
        slow.push(wire);
    }
    let started = Instant::now();
    server.stranger().get("/livez").await.expect(200);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

/// Sends a byte at a time, more slowly than a whole head may take, until the server closes.
async fn drip(wire: &mut Wire, bytes: &[u8]) -> Vec<u8> {
    for byte in bytes {
        wire.write(&[*byte]).await;
        tokio::time::sleep(SHORT / 10).await;
    }
    wire.read_to_close().await
}
