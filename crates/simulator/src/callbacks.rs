//! Calling back: reports over HTTP, signed after Standard Webhooks.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use ring::hmac;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::handle::SimulatorHandle;
use crate::reply::Answer;

/// How often a report that was not taken is sent again, and how long after.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where reports go, and what they are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackTarget {
    /// The address: plain HTTP.
    pub url: String,
    /// The secret: `whsec_` and base64.
    pub secret: String,
}

/// How a decision is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Once it has fallen.
    #[default]
    Once,
    /// The same report is sent two times.
    Twice,
    /// First how it ended, then that it was taken.
    Reordered,
    /// Before the call itself is answered.
    Early,
    /// Not at all.
    Never,
}

/// A report that was sent, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCallback {
    /// The order.
    pub transaction_id: Uuid,
    /// Its id.
    pub webhook_id: String,
    /// The status of the answer; none where there was none.
    pub status: Option<u16>,
}

/// What is to be reported, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub(crate) key: Uuid,
    pub(crate) delivery: Delivery,
    /// The decision is turned round after so long.
    pub(crate) turns_round_after: Option<Duration>,
}

/// Waits for the decision and reports it, again and again until it is taken.
pub(crate) async fn report(simulator: &SimulatorHandle, report: Report) {
    if let Some(wait) = report.turns_round_after {
        sleep(wait).await;
        simulator.turn_round(report.key);
    }
    let standing = simulator.final_standing(report.key).await;
    let (id, key) = (format!("msg_{}", report.key.simple()), report.key);
    let ending = Answer::about(key, standing);
    deliver(simulator, key, &id, &ending).await;
    match report.delivery {
        Delivery::Twice => deliver(simulator, key, &id, &ending).await,
        Delivery::Reordered => {
            let taken = Answer::taken(key);
            deliver(simulator, key, &format!("{id}_taken"), &taken).await;
        }
        Delivery::Once | Delivery::Early | Delivery::Never => {}
    }
}

async fn deliver(simulator: &SimulatorHandle, key: Uuid, id: &str, report: &Answer) {
    for _ in 0..TRIES {
        let Some(target) = simulator.callback_target() else { return };
        let sent = timeout(PATIENCE, post(&target, id, report.text())).await;
        let status = sent.ok().and_then(Result::ok);
        simulator.sent(SentCallback { transaction_id: key, webhook_id: id.to_owned(), status });
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        sleep(PAUSE).await;
    }
}

/// Sends one report; the status of the answer.
async fn post(target: &CallbackTarget, id: &str, body: Bytes) -> io::Result<u16> {
    let uri: Uri = target.url.parse().map_err(io::Error::other)?;
    let host = uri.authority().ok_or_else(|| io::Error::other("the callback address has no host"))?;
    let timestamp = now().to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri(uri.path())
        .header("host", host.as_str())
        .header("content-type", "application/json")
        .header("connection", "close")
        .header("webhook-id", id)
        .header("webhook-timestamp", &timestamp)
        .header("webhook-signature", sign(&target.secret, id, &timestamp, &body)?)
        .body(Full::new(body))
        .map_err(io::Error::other)?;
    let stream = TcpStream::connect(host.as_str()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        Ok(response.status().as_u16())
    };
    let (mut exchange, connection) = (std::pin::pin!(exchange), std::pin::pin!(connection));
    tokio::select! {
        biased;
        outcome = &mut exchange => outcome,
        // The answer may have come with the end of the connection.
        _ = connection => exchange.await,
    }
}

fn sign(secret: &str, id: &str, timestamp: &str, body: &Bytes) -> io::Result<String> {
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).map_err(io::Error::other)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    Ok(format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed))))
}

#[expect(clippy::disallowed_methods, reason = "a partner has a clock of its own")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
