//! Real calls to real receivers on the loopback address.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is how a test fails"
)]

mod receiver;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use offers_conventions::{Envelope, keys};
use offers_domain::ports::{WebhookDesk, WebhookSender};
use offers_domain::webhook::delivery::{Answer, Message};
use offers_domain::webhook::endpoint::UrlRefusal;
use offers_domain::webhook::event::EventKind;
use offers_domain::webhook::secret::Secret;
use offers_webhooks::{HttpSender, Lookup, Reach, WebhookSettings, example, render};
use time::OffsetDateTime;
use time::macros::datetime;

use receiver::{Receiver, Reply, closed_url};

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

fn settings(loopback: bool) -> WebhookSettings {
    let reach = Reach { networks: Vec::new(), loopback };
    WebhookSettings { reach, call_timeout: Duration::from_secs(5), ..WebhookSettings::default() }
}

fn sender() -> HttpSender {
    HttpSender::try_new(settings(true)).unwrap()
}

fn secret() -> Secret {
    sender().new_secret().unwrap()
}

fn message(url: &str, secrets: Vec<Secret>) -> Message {
    Message { url: url.into(), event: example(EventKind::TransactionFailed), secrets, at: NOW }
}

async fn answer_to(reply: Reply) -> Answer {
    let receiver = Receiver::start(reply).await;
    sender().send(&message(&receiver.url(), vec![secret()])).await
}

fn error(answer: &Answer) -> &str {
    answer.error().unwrap_or_default()
}

/// Stands for one address at the first question and for another afterwards.
struct Rebinding {
    first: IpAddr,
    then: IpAddr,
    asked: AtomicUsize,
}

#[async_trait]
impl Lookup for Rebinding {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        assert_eq!(host, "receiver.example");
        let first = self.asked.fetch_add(1, Ordering::SeqCst) == 0;
        Ok(vec![if first { self.first } else { self.then }])
    }
}

#[tokio::test]
async fn a_message_carries_the_event_and_every_secret_signs_it() {
    let receiver = Receiver::start(Reply::status(204)).await;
    let secrets = vec![secret(), secret()];
    let answer = sender().send(&message(&receiver.url(), secrets.clone())).await;
    assert_eq!(answer, Answer::Accepted { status: 204 });
    let got = receiver.received().await.remove(0);
    let event = example(EventKind::TransactionFailed);
    assert_eq!(String::from_utf8(got.body.clone()).unwrap(), render(&event));
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("webhook-id"), event.id.to_string());
    assert_eq!(got.header("webhook-timestamp"), NOW.unix_timestamp().to_string());
    let signature = got.header("webhook-signature");
    assert_eq!(signature.split(' ').count(), 2);
    for secret in secrets {
        let envelope = Envelope {
            id: got.header("webhook-id"),
            timestamp: got.header("webhook-timestamp"),
            signature,
            body: &got.body,
        };
        assert_eq!(envelope.check(&keys(&secret.0).unwrap(), NOW), Ok(()));
    }
}

#[tokio::test]
async fn an_answer_is_judged_by_its_status_alone() {
    for (status, accepted) in
        [(200, true), (299, true), (301, false), (400, false), (404, false), (500, false)]
    {
        let answer = answer_to(Reply::status(status)).await;
        assert_eq!(answer.status(), Some(status));
        assert_eq!(matches!(answer, Answer::Accepted { .. }), accepted, "{status}");
    }
    assert_eq!(answer_to(Reply::status(410)).await, Answer::Gone);
    let busy = answer_to(Reply::status(503).with("retry-after", "120")).await;
    assert_eq!(busy.retry_after(), Some(time::Duration::seconds(120)));
    assert_eq!(error(&busy), "http 503");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(Reply::status(200)).await;
    let answer = answer_to(Reply::status(302).with("location", &elsewhere.url())).await;
    assert_eq!(error(&answer), "http 302: redirects are not followed");
    assert!(elsewhere.received().await.is_empty());
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end_and_counts_all_the_same() {
    let answer = answer_to(Reply::status(200).endless()).await;
    assert_eq!(answer, Answer::Accepted { status: 200 });
}

#[tokio::test]
async fn who_is_not_there_or_does_not_answer_is_tried_again() {
    let answer = sender().send(&message(&closed_url().await, vec![secret()])).await;
    assert!(error(&answer).to_lowercase().contains("refused"), "{answer:?}");
    let silent = Receiver::start(Reply::status(200).silent()).await;
    let hasty = WebhookSettings { call_timeout: Duration::from_millis(200), ..settings(true) };
    let answer = HttpSender::try_new(hasty).unwrap().send(&message(&silent.url(), vec![secret()])).await;
    assert_eq!(error(&answer), "no answer in time");
}

#[tokio::test]
async fn nobody_makes_us_call_what_is_not_public() {
    let receiver = Receiver::start(Reply::status(200)).await;
    let careful = HttpSender::try_new(settings(false)).unwrap();
    let here = receiver.url().replace("http://", "https://");
    let named = here.replace("127.0.0.1", "localhost");
    for url in [here.as_str(), named.as_str(), "https://[::1]:1/", "https://169.254.169.254/latest/"] {
        let answer = careful.send(&message(url, vec![secret()])).await;
        assert_eq!(error(&answer), "the address is not public", "{url}");
    }
    let plain = careful.send(&message(&receiver.url(), vec![secret()])).await;
    assert_eq!(error(&plain), "the address is not encrypted");
    assert!(receiver.received().await.is_empty());
}

#[tokio::test]
async fn a_name_is_vetted_at_every_connection_so_that_rebinding_leads_nowhere() {
    let receiver = Receiver::start(Reply::status(200)).await;
    let lookup = Arc::new(Rebinding {
        first: "127.0.0.2".parse().unwrap(),
        then: "127.0.0.1".parse().unwrap(),
        asked: AtomicUsize::new(0),
    });
    // One address of this machine stands for those that may be called, and another one for those that may not.
    let reach = Reach { networks: vec!["127.0.0.2/32".parse().unwrap()], loopback: false };
    let careful = WebhookSettings { reach, ..settings(false) };
    let careful = HttpSender::with_lookup(careful, lookup.clone()).unwrap();
    let url = receiver.url().replace("http://127.0.0.1", "https://receiver.example");
    let first = careful.send(&message(&url, vec![secret()])).await;
    assert_ne!(error(&first), "the address is not public", "the name stood for what may be called");
    let second = careful.send(&message(&url, vec![secret()])).await;
    assert_eq!(error(&second), "the address is not public");
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 2);
    assert!(receiver.received().await.is_empty());
}

#[tokio::test]
async fn encrypted_receivers_are_known_by_their_certificates() {
    let (receiver, root) = Receiver::start_encrypted(Reply::status(200)).await;
    let stranger = sender().send(&message(&receiver.url(), vec![secret()])).await;
    assert!(matches!(stranger, Answer::Failed { status: None, .. }), "{stranger:?}");
    let trusting = WebhookSettings { extra_roots: Some(root), ..settings(true) };
    let answer = HttpSender::try_new(trusting).unwrap().send(&message(&receiver.url(), vec![secret()])).await;
    assert_eq!(answer, Answer::Accepted { status: 200 });
}

#[test]
fn an_address_is_judged_when_it_is_registered() {
    let careful = HttpSender::try_new(settings(false)).unwrap();
    for (url, outcome) in [
        ("https://till.example/hooks", Ok("https://till.example/hooks")),
        (" https://TILL.example ", Ok("https://till.example/")),
        ("https://till.example:8443/?a=b", Ok("https://till.example:8443/?a=b")),
        ("https://1.1.1.1/", Ok("https://1.1.1.1/")),
        ("http://till.example/", Err(UrlRefusal::NotHttps)),
        ("ftp://till.example/", Err(UrlRefusal::NotHttps)),
        ("till.example", Err(UrlRefusal::Malformed)),
        ("https://", Err(UrlRefusal::Malformed)),
        ("https://anna:secret@till.example/", Err(UrlRefusal::Credentials)),
        ("https://till.example/#part", Err(UrlRefusal::Fragment)),
        ("https://127.0.0.1/", Err(UrlRefusal::NotPublic)),
        ("https://2130706433/", Err(UrlRefusal::NotPublic)),
        ("https://0x7f.1/", Err(UrlRefusal::NotPublic)),
        ("https://[::ffff:10.0.0.1]/", Err(UrlRefusal::NotPublic)),
        ("https://localhost/", Err(UrlRefusal::NotPublic)),
        ("https://LOCALHOST.:8443/", Err(UrlRefusal::NotPublic)),
        ("https://till.localhost/", Err(UrlRefusal::NotPublic)),
        ("https://localhost.example/", Ok("https://localhost.example/")),
    ] {
        assert_eq!(careful.admit(url).as_deref(), outcome.as_ref().copied(), "{url}");
    }
    let long = format!("https://till.example/{}", "a".repeat(2000));
    assert_eq!(careful.admit(&long), Err(UrlRefusal::Malformed));
    for url in ["http://127.0.0.1:9000/hooks", "http://localhost:9000/hooks", "https://localhost/"] {
        assert!(sender().admit(url).is_ok(), "in development: {url}");
    }
    for url in ["http://10.0.0.1/", "http://till.example/"] {
        assert_eq!(sender().admit(url), Err(UrlRefusal::NotHttps), "{url}");
    }
}
