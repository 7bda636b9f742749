//! Text messages, against a real HTTP server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use offers_domain::ports::Messenger;
use offers_domain::sending::Delivery;
use offers_notify::{SetupError, SmsGateway, SmsSettings};
use secrecy::SecretString;

use crate::fixtures::{letter, not_sent, reason, refused, templates, unknown};

const PHONE: &str = "+33612345678";

/// What the gateway was sent: head and body.
struct Call {
    head: String,
    body: String,
}

/// Answers one call with each of these, or closes the connection where there is none.
fn gateway(answers: &'static [Option<&'static str>]) -> (SocketAddr, mpsc::Receiver<Call>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (calls, received) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let lower = head.to_ascii_lowercase();
            let length = lower.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            calls.send(Call { head: lower, body: String::from_utf8(body).unwrap() }).unwrap();
            if let Some(status) = answer {
                let reply = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                reader.get_mut().write_all(reply.as_bytes()).unwrap();
            }
        }
    });
    (address, received)
}

fn settings(address: SocketAddr) -> SmsSettings {
    SmsSettings {
        url: format!("http://{address}/v1/messages"),
        token: Some(SecretString::from("s3cret")),
        header: "Authorization".into(),
        body: r#"{"recipients": ["{to}"], "content": "{text}", "ref": "{id}", "flash": false}"#.into(),
        timeout: Duration::from_secs(5),
    }
}

fn to(settings: &SmsSettings) -> SmsGateway {
    SmsGateway::try_new(templates(), settings).unwrap()
}

#[tokio::test]
async fn a_message_is_posted_in_the_gateways_own_form() {
    let (address, calls) = gateway(&[Some("202 Accepted"), Some("200 OK")]);
    assert_eq!(to(&settings(address)).send(&letter(7, PHONE)).await, Delivery::Delivered);
    let call = calls.recv().unwrap();
    assert!(call.head.starts_with("post /v1/messages http/1.1\r\n"), "{}", call.head);
    for header in
        ["authorization: bearer s3cret", "content-type: application/json", "idempotency-key: notice-7"]
    {
        assert!(call.head.contains(header), "{}", call.head);
    }
    let text = "L’offre Télé <Essentielle> est active jusqu’au 2 avril 2026 à 12:00 UTC.";
    let expected = format!(r#"{{"recipients":["{PHONE}"],"content":"{text}","ref":"7","flash":false}}"#);
    let [sent, expected] = [&call.body, &expected].map(|text| text.parse::<serde_json::Value>().unwrap());
    assert_eq!(sent, expected);

    let with_key = SmsSettings { header: "X-Api-Key".into(), ..settings(address) };
    assert_eq!(to(&with_key).send(&letter(8, PHONE)).await, Delivery::Delivered);
    let head = calls.recv().unwrap().head;
    assert!(head.contains("x-api-key: s3cret") && !head.contains("authorization"), "{head}");
}

#[tokio::test]
async fn an_answer_about_the_message_is_final_and_silence_is_not_sent_again() {
    const ANSWERS: [Option<&str>; 5] =
        [Some("422 Unprocessable"), Some("429 Too Many Requests"), Some("503 Busy"), Some("500 Oops"), None];
    let (address, _calls) = gateway(&ANSWERS);
    let gateway = to(&settings(address));
    reason(gateway.send(&letter(1, PHONE)).await, refused);
    reason(gateway.send(&letter(2, PHONE)).await, not_sent);
    reason(gateway.send(&letter(3, PHONE)).await, not_sent);
    reason(gateway.send(&letter(4, PHONE)).await, unknown);
    reason(gateway.send(&letter(5, PHONE)).await, unknown);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_asked_again_and_one_that_hangs_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let hanging = SmsSettings { timeout: Duration::from_millis(200), ..settings(address) };
    reason(to(&hanging).send(&letter(1, PHONE)).await, unknown);
    drop(listener);
    reason(to(&settings(address)).send(&letter(2, PHONE)).await, not_sent);
}

#[test]
fn a_gateway_that_could_never_be_called_is_refused() {
    let good = settings(([127, 0, 0, 1], 9).into());
    let bad_body = SmsSettings { body: "to={to}".into(), ..good.clone() };
    assert!(matches!(SmsGateway::try_new(templates(), &bad_body), Err(SetupError::Body(_))));
    for (url, header, token) in [
        ("http://sms.example/", "Authorization", "x"),
        ("https://sms.example/", "no header", "x"),
        ("https://sms.example/", "Authorization", "x\r\ny"),
    ] {
        let token = Some(SecretString::from(token));
        let settings = SmsSettings { url: url.into(), header: header.into(), token, ..good.clone() };
        assert!(matches!(SmsGateway::try_new(templates(), &settings), Err(SetupError::Address(_))), "{url}");
    }
}
