//! Text messages, through a real HTTP gateway.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Options, PATIENCE, Server};

/// One call of the gateway: its head in lower case, and its body.
struct Call {
    head: String,
    body: Value,
}

/// A gateway that takes every message, the first one only after it was asked to come again.
fn gateway() -> (SocketAddr, Receiver<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (calls, received) = channel();
    thread::spawn(move || {
        let mut answers = ["503 Service Unavailable"].into_iter();
        while let Ok((stream, _)) = listener.accept() {
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or_default() > 0 {}
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let Some(length) = length else { continue };
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            let status = answers.next().unwrap_or("202 Accepted");
            let reply = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(reply.as_bytes()).unwrap();
            if calls.send(Call { head, body: serde_json::from_slice(&body).unwrap() }).is_err() {
                return;
            }
        }
    });
    (address, received)
}

async fn reachable(customer: &Client, phone: &str, locale: &str) {
    let body = json!({"phone": phone, "locale": locale}).to_string().into_bytes();
    let headers = [("content-type", "application/json")];
    let path = "/api/v1/auth/profile/";
    let changed = customer.send(Method::PATCH, path, &headers, Some(body)).await.expect(200).json();
    assert_eq!((&changed["phone"], &changed["locale"]), (&json!(phone), &json!(locale)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_a_number_is_told_by_text_message_in_their_language_once() {
    let (address, calls) = gateway();
    let settings = vec![
        ("OFFERS_NOTICES_SMS_URL", format!("http://{address}/v1/messages")),
        ("OFFERS_NOTICES_SMS_TOKEN", "gateway-token".to_owned()),
        ("OFFERS_NOTICES_POLL_MS", "50".to_owned()),
        ("OFFERS_NOTICES_RETRY_BASE_MS", "50".to_owned()),
    ];
    let server = Server::start(Options { settings, ..Options::default() });
    let (french, english) = (server.client().log_in("user1").await, server.client().log_in("user2").await);
    reachable(&french, "+33612345678", "fr").await;
    reachable(&english, "+441632960001", "en").await;
    let (offer, _) = french.offer(2).await;
    for customer in [&french, &english] {
        assert_eq!(customer.follow(&customer.activate(offer).await).await["status"], "SUCCESS");
    }

    let calls: Vec<Call> = (0..3).map(|_| calls.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(calls.iter().all(|call| call.head.contains("authorization: bearer gateway-token\r\n")));
    let to = |number: &str| -> Vec<&Value> {
        calls.iter().map(|call| &call.body).filter(|body| body["to"] == number).collect()
    };
    let (first, second) = (to("+33612345678"), to("+441632960001"));
    assert_eq!(first.len() + second.len(), 3, "the one that was turned away came again");
    for (messages, words) in [(first, "est active jusqu"), (second, "is active until")] {
        assert!(messages.iter().all(|message| message["reference"] == messages[0]["reference"]));
        let text = messages[0]["text"].as_str().unwrap();
        assert!(text.contains(words), "{text}");
    }
    server.assert_money_adds_up();
}
