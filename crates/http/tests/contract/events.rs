//! Following an order as a stream of events.

use std::time::Duration;

use offers_domain::ports::WakeUp;
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::views::StatusView;
use offers_http::{HttpSettings, StreamLimits};
use offers_testkit::builders::NOON;
use serde_json::Value;

use crate::support::{Server, Wire, detail, order, status, transaction_id};

fn path() -> String {
    format!("/api/v1/activation/status/{}/events", transaction_id(1))
}

/// The caller's order, which has ended well.
fn ended() -> StatusView {
    StatusView {
        status: Status::Success,
        sub_status: SubStatus::Confirmed,
        reference: Some("R-1".into()),
        completed_at: Some(NOON),
        version: 3,
        ..status(1)
    }
}

fn knowing(view: StatusView) -> Server {
    let server = Server::start();
    server.world().orders = vec![detail(view)];
    server
}

/// The events in a text, by their ids.
fn events(text: &str) -> Vec<(u32, Value)> {
    let mut events = Vec::new();
    for event in text.split("id: ").skip(1) {
        let (id, rest) = event.split_once('\n').unwrap();
        let data = rest.strip_prefix("event: status\ndata: ").expect("an event called status");
        let (data, _) = data.split_once("\n\n").expect("an event ends with an empty line");
        events.push((id.parse().unwrap(), serde_json::from_str(data).unwrap()));
    }
    events
}

fn told(text: &str) -> Vec<(u32, String)> {
    events(text).iter().map(|(id, data)| (*id, data["status"].as_str().unwrap().to_owned())).collect()
}

/// A stream that the caller has opened.
struct Stream(Wire);

impl Stream {
    async fn open(server: &Server) -> Self {
        let mut wire = Wire::connect(server.address).await;
        let head = format!("GET {} HTTP/1.1\r\nhost: t\r\nauthorization: Bearer good-token\r\n\r\n", path());
        wire.write(head.as_bytes()).await;
        Self(wire)
    }

    /// Everything up to and with this text.
    async fn read_until(&mut self, text: &str) -> String {
        self.0.read_until(text).await
    }
}

async fn change(server: &Server, view: StatusView) {
    server.world().orders = vec![detail(view)];
    server.bell.announce(&[transaction_id(1)]).await;
}

#[tokio::test]
async fn the_story_of_an_order_that_has_ended_is_told_from_its_beginning_and_closes() {
    let server = knowing(ended());
    let answer = server.caller().get(&path()).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert!(answer.body.contains("retry: 2000\n\n"), "{answer:?}");
    assert_eq!(told(&answer.body), [(1, "PENDING".into()), (3, "SUCCESS".into())]);
    let status = server.caller().get(&format!("/api/v1/activation/status/{}/", transaction_id(1))).await;
    assert_eq!(events(&answer.body)[1].1, status.expect(200).json(), "the data is the status document");
}

#[tokio::test]
async fn a_client_that_comes_back_is_told_what_it_missed() {
    let server = knowing(ended());
    let answer = server.caller().header("last-event-id", "1").get(&path()).await.expect(200);
    assert_eq!(told(&answer.body), [(3, "SUCCESS".into())]);
    let answer = server.caller().header("last-event-id", "nonsense").get(&path()).await.expect(200);
    assert_eq!(told(&answer.body).len(), 2);
}

#[tokio::test]
async fn a_client_that_has_had_the_end_is_told_not_to_come_back() {
    let server = knowing(ended());
    let answer = server.caller().header("last-event-id", "3").get(&path()).await.expect(204);
    assert_eq!(answer.body, "");
}

#[tokio::test]
async fn an_event_comes_when_the_order_changes_and_the_last_one_closes() {
    let server = knowing(status(1));
    let mut stream = Stream::open(&server).await;
    let began = stream.read_until("\"PROCESSING\"").await;
    assert!(!began.contains("id: 3"), "{began}");
    change(&server, ended()).await;
    let rest = String::from_utf8(stream.0.read_to_end_of_body().await).unwrap();
    assert_eq!(told(&rest), [(3, "SUCCESS".into())]);
}

#[tokio::test]
async fn nobody_follows_somebody_elses_order_and_cannot_tell_it_from_none() {
    let server = knowing(status(1));
    let other = server.other().header("x-request-id", "the-same");
    let theirs = other.get(&path()).await;
    let none = other.get(&path().replace("0001/events", "0009/events")).await;
    assert_eq!(theirs.body, none.body);
    theirs.expect_problem(404, "transaction_not_found");
    server.caller().get("/api/v1/activation/status/7/events").await.expect_problem(400, "malformed_id");
}

#[tokio::test]
async fn head_says_what_there_is_and_opens_no_stream() {
    let server = knowing(status(1));
    let answer = server.caller().send("HEAD", &path(), None).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
}

#[tokio::test]
async fn a_user_has_so_many_streams_and_gets_the_place_of_one_that_was_left() {
    let server = Server::with_streams(StreamLimits { per_user: 1, ..StreamLimits::default() });
    server.world().orders = vec![order(1)];
    let mut first = Stream::open(&server).await;
    first.read_until("PROCESSING").await;
    let refused = server.caller().get(&path()).await;
    assert_eq!(refused.header("retry-after"), Some("5"));
    refused.expect_problem(429, "too_many_streams");

    drop(first);
    loop {
        let mut second = Stream::open(&server).await;
        if !second.read_until("\r\n").await.contains("429") {
            break;
        }
    }
}

#[tokio::test]
async fn a_process_has_so_many_streams() {
    let server = Server::with_streams(StreamLimits { per_process: 0, ..StreamLimits::default() });
    server.world().orders = vec![order(1)];
    let refused = server.caller().get(&path()).await;
    assert_eq!(refused.header("retry-after"), Some("5"));
    refused.expect_problem(503, "overloaded");
}

#[tokio::test]
async fn a_stream_on_which_nothing_happens_shows_that_it_lives_and_tells_what_comes_then() {
    let silence = Duration::from_millis(20);
    let server = Server::with_streams(StreamLimits { silence, ..StreamLimits::default() });
    server.world().orders = vec![order(1)];
    let mut stream = Stream::open(&server).await;
    stream.read_until("PROCESSING").await;
    for _ in 0..3 {
        let silent = stream.read_until("\n: \n\n").await;
        assert!(!silent.contains("event:"), "{silent}");
    }
    change(&server, ended()).await;
    stream.read_until("SUCCESS").await;
}

#[tokio::test]
async fn a_stream_ends_after_its_time_and_its_client_misses_nothing() {
    let life = Duration::from_millis(50);
    let server = Server::with_streams(StreamLimits { life, ..StreamLimits::default() });
    server.world().orders = vec![order(1)];
    let first = server.caller().get(&path()).await.expect(200);
    let last = told(&first.body).pop().unwrap();
    assert_eq!(last.1, "PROCESSING");
    server.world().orders = vec![detail(ended())];
    let seen = last.0.to_string();
    let second = server.caller().header("last-event-id", &seen).get(&path()).await.expect(200);
    assert_eq!(told(&second.body), [(3, "SUCCESS".to_owned())]);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_at_once() {
    let server = knowing(status(1));
    let mut stream = Stream::open(&server).await;
    stream.read_until("PROCESSING").await;
    server.readiness.drain();
    assert_eq!(told(&String::from_utf8(stream.0.read_to_end_of_body().await).unwrap()), []);
    tokio::join!(server.stop(), async { assert_eq!(stream.0.read_to_close().await, b"") });
}

#[tokio::test]
async fn a_stream_outlives_the_time_for_which_a_connection_may_be_used() {
    let connection_lifetime = Duration::from_secs(3);
    let settings = HttpSettings { workers: 1, connection_lifetime, ..HttpSettings::default() };
    let server = Server::with(settings);
    server.world().orders = vec![order(1)];
    let mut stream = Stream::open(&server).await;
    stream.read_until("PROCESSING").await;
    // A connection that came later and asks nothing is closed first.
    let mut idle = Wire::connect(server.address).await;
    idle.write(b"GET /livez HTTP/1.1\r\nhost: t\r\n\r\n").await;
    idle.read_to_close().await;
    change(&server, ended()).await;
    stream.read_until("SUCCESS").await;
}
