//! The simulator over TCP, as a partner would be called.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr};

use offers_simulator::{Behaviour, Ending, Fault, QueryBehaviour, Refusal, Simulator, SimulatorHandle};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use uuid::Uuid;

const KEY: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);
const OTHER: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0002);

/// A simulator that runs until it is dropped.
struct Partner {
    address: SocketAddr,
    handle: SimulatorHandle,
    _running: JoinSet<()>,
}

impl Partner {
    async fn start() -> Self {
        let simulator = Simulator::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let (address, handle) = (simulator.local_addr(), simulator.handle());
        let mut running = JoinSet::new();
        running.spawn(simulator.run(std::future::pending()));
        Self { address, handle, _running: running }
    }

    /// Everything that comes back until the connection closes.
    async fn raw(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: partner\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// The status and the JSON that come back.
    async fn call(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        let answer = self.raw(method, path, headers, body).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    async fn order(&self, key: Uuid) -> (u16, Value) {
        self.call("POST", "/activations", &idempotency(key), &order(key)).await
    }

    async fn query(&self, key: Uuid) -> (u16, Value) {
        self.call("GET", &format!("/activations/{key}"), "", "").await
    }

    async fn void(&self, key: Uuid) -> (u16, Value) {
        self.call("DELETE", &format!("/activations/{key}"), "", "").await
    }
}

fn idempotency(key: Uuid) -> String {
    format!("idempotency-key: {key}\r\n")
}

fn order(key: Uuid) -> String {
    json!({
        "transaction_id": key, "user_id": 7, "offer_id": 3,
        "amount": "19.99", "currency": "EUR", "duration_days": 30,
    })
    .to_string()
}

fn refuse(code: &str) -> Behaviour {
    Behaviour::Refuse(Refusal { code: code.into(), message: "no".into() })
}

#[tokio::test]
async fn an_order_is_activated_once_and_answered_the_same_each_time() {
    let partner = Partner::start().await;
    let first = partner.order(KEY).await;
    let activated = json!({
        "status": "activated", "transaction_id": KEY, "reference": "SIM-000000000001",
        "offer_id": 3, "amount": "19.99", "currency": "EUR",
    });
    assert_eq!(first, (200, activated));
    assert_eq!(partner.order(KEY).await, first);
    assert_eq!(partner.query(KEY).await, first);
    assert_eq!(partner.handle.executed(KEY), 1);
}

#[tokio::test]
async fn an_order_that_was_never_placed_is_not_found() {
    let partner = Partner::start().await;
    assert_eq!(partner.query(KEY).await, (404, json!({"status": "not_found", "transaction_id": KEY})));
    assert_eq!(partner.handle.executed(KEY), 0);
}

#[tokio::test]
async fn a_refusal_stands() {
    let partner = Partner::start().await;
    partner.handle.next([refuse("barred")]);
    let refused = json!({"status": "refused", "transaction_id": KEY, "code": "barred", "message": "no"});
    assert_eq!(partner.order(KEY).await, (422, refused.clone()));
    assert_eq!(partner.order(KEY).await, (422, refused.clone()));
    assert_eq!(partner.query(KEY).await, (422, refused));
    assert_eq!(partner.handle.executed(KEY), 0);
}

#[tokio::test]
async fn a_voided_key_is_reversed_and_never_executed_again() {
    let partner = Partner::start().await;
    partner.order(KEY).await;
    for key in [KEY, OTHER] {
        assert_eq!(partner.void(key).await, (200, json!({"status": "voided", "transaction_id": key})));
        let (status, body) = partner.order(key).await;
        assert_eq!((status, &body["code"]), (422, &json!("voided")));
        assert_eq!(partner.query(key).await, (status, body));
    }
    assert_eq!((partner.handle.executed(KEY), partner.handle.reversed(KEY)), (1, true));
    assert_eq!((partner.handle.executed(OTHER), partner.handle.reversed(OTHER)), (0, false));
}

#[tokio::test]
async fn scripts_are_used_up_in_order() {
    let partner = Partner::start().await;
    let busy = Behaviour::Fail(Fault::Status { code: 503, retry_after: Some(7) });
    partner.handle.next([busy, refuse("barred")]);
    let answer = partner.raw("POST", "/activations", &idempotency(KEY), &order(KEY)).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 7\r\n"), "{answer}");
    assert_eq!(partner.order(KEY).await.0, 422);
    assert_eq!(partner.order(OTHER).await.0, 200);

    partner.handle.next_queries([QueryBehaviour::NotFound]);
    assert_eq!(partner.query(OTHER).await.0, 404);
    assert_eq!(partner.query(OTHER).await.0, 200);
}

#[tokio::test]
async fn a_pending_order_is_decided_later() {
    let partner = Partner::start().await;
    let refusal = Refusal { code: "barred".into(), message: "no".into() };
    partner.handle.next([
        Behaviour::Pending { ms: 0, then: Ending::Refuse(refusal) },
        Behaviour::Pending { ms: 3_600_000, then: Ending::Activate },
    ]);
    assert_eq!(partner.order(KEY).await.0, 422);
    assert_eq!(partner.order(OTHER).await.0, 202);
    assert_eq!(partner.query(OTHER).await.0, 202);
    assert_eq!(partner.handle.executed(OTHER), 0);
}

#[tokio::test]
async fn a_key_in_flight_is_a_conflict_and_a_void_catches_it() {
    let partner = Partner::start().await;
    partner.handle.next([Behaviour::Delay { ms: 3_600_000 }]);
    let meanwhile = async {
        partner.handle.wait_for_calls(1).await;
        assert_eq!(partner.order(KEY).await.0, 409);
        assert_eq!(partner.query(KEY).await.0, 202);
        assert_eq!(partner.void(KEY).await.0, 200);
    };
    tokio::select! {
        answer = partner.order(KEY) => panic!("answered early: {answer:?}"),
        () = meanwhile => {}
    }
    assert_eq!(partner.query(KEY).await.1["code"], json!("voided"));
    assert_eq!(partner.handle.executed(KEY), 0);
}

#[tokio::test]
async fn a_delayed_order_is_executed_although_its_caller_has_left() {
    let partner = Partner::start().await;
    partner.handle.next([Behaviour::Delay { ms: 50 }]);
    tokio::select! {
        answer = partner.order(KEY) => panic!("answered early: {answer:?}"),
        () = partner.handle.wait_for_calls(1) => {}
    }
    while partner.query(KEY).await.0 == 202 {}
    assert_eq!(partner.query(KEY).await.0, 200);
    assert_eq!(partner.handle.executed(KEY), 1);
}

#[tokio::test]
async fn a_dropped_call_gets_no_answer_executed_or_not() {
    let partner = Partner::start().await;
    partner.handle.next([Behaviour::Fail(Fault::Drop), Behaviour::ExecuteThen(Fault::Drop)]);
    for executed in [0, 1] {
        assert_eq!(partner.raw("POST", "/activations", &idempotency(KEY), &order(KEY)).await, "");
        assert_eq!(partner.handle.executed(KEY), executed);
    }
}

#[tokio::test]
async fn a_truncated_answer_ends_half_way() {
    let partner = Partner::start().await;
    partner.handle.next([Behaviour::ExecuteThen(Fault::Truncated)]);
    let answer = partner.raw("POST", "/activations", &idempotency(KEY), &order(KEY)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("{\"") && !answer.ends_with('}'), "{answer}");
}

#[tokio::test]
async fn calls_outside_the_contract_are_turned_away_and_not_logged() {
    let partner = Partner::start().await;
    for (method, path, headers, body, status) in [
        ("POST", "/activations", idempotency(OTHER), order(KEY), 400),
        ("POST", "/activations", String::new(), order(KEY), 400),
        ("POST", "/activations", idempotency(KEY), "{}".to_owned(), 400),
        ("GET", "/activations/nonsense", String::new(), String::new(), 400),
        ("PATCH", "/activations", String::new(), String::new(), 405),
        ("GET", "/", String::new(), String::new(), 404),
    ] {
        let (answered, body) = partner.call(method, path, &headers, &body).await;
        assert_eq!((answered, &body["status"]), (status, &json!("error")), "{method} {path}");
    }
    assert_eq!(partner.handle.calls(), []);
}

#[tokio::test]
async fn the_simulator_is_scripted_and_inspected_over_http() {
    let partner = Partner::start().await;
    let script = r#"{"by_offer": {"3": {"refuse": {"code": "barred", "message": "no"}}}}"#;
    assert_eq!(partner.call("PUT", "/simulator/behaviours", "", script).await.0, 200);
    assert_eq!(partner.order(KEY).await.0, 422);
    assert_eq!(partner.call("DELETE", "/simulator/behaviours", "", "").await.0, 200);
    assert_eq!(partner.order(OTHER).await.0, 200);
    assert_eq!(partner.call("PUT", "/simulator/behaviours", "", r#"{"nxt": []}"#).await.0, 400);

    let path = format!("/simulator/executions/{OTHER}");
    assert_eq!(partner.call("GET", &path, "", "").await, (200, json!({"executed": 1, "reversed": false})));
    let calls = json!([
        {"number": 1, "method": "POST", "transaction_id": KEY},
        {"number": 2, "method": "POST", "transaction_id": OTHER},
    ]);
    assert_eq!(partner.call("GET", "/simulator/calls", "", "").await, (200, calls));
}

#[tokio::test]
async fn a_key_that_is_forgotten_leaves_its_service_on() {
    let partner = Partner::start().await;
    assert_eq!(partner.order(KEY).await.0, 200);
    assert_eq!(partner.call("DELETE", &format!("/simulator/keys/{KEY}"), "", "").await.0, 200);
    let path = format!("/activations/{KEY}");
    assert_eq!(partner.call("GET", &path, "", "").await.0, 404);
    assert_eq!(partner.call("DELETE", &path, "", "").await.0, 200);
    assert_eq!((partner.handle.executed(KEY), partner.handle.reversed(KEY)), (1, false));
}

#[tokio::test]
async fn a_simulator_that_is_stopped_closes_its_connections() {
    let simulator = Simulator::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
    let mut stream = TcpStream::connect(simulator.local_addr()).await.unwrap();
    simulator.run(async {}).await;
    let end = stream.read(&mut [0; 1]).await;
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
