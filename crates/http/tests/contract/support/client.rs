//! A client that sends exactly what it is told to: no header more, no byte less.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::judge::judge;

/// Longer than any answer may take; a test that reaches it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends one request per connection.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Client {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, headers: Vec::new() }
    }

    /// The same client with one header more on every request.
    pub(crate) fn header(&self, name: &str, value: &str) -> Self {
        let mut client = self.clone();
        client.headers.push((name.into(), value.into()));
        client
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// Posts JSON.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.header("content-type", "application/json").send("POST", path, Some(body.as_bytes())).await
    }

    /// Patches with JSON.
    pub(crate) async fn patch(&self, path: &str, body: &str) -> Answer {
        self.header("content-type", "application/json").send("PATCH", path, Some(body.as_bytes())).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if let Some(body) = body {
            write!(head, "content-length: {}\r\n", body.len()).unwrap();
        }
        head.push_str("\r\n");
        let mut wire = Wire::connect(self.address).await;
        wire.write(&[head.as_bytes(), body.unwrap_or_default()].concat()).await;
        let bytes = wire.read_to_close().await;
        let answer = Answer::parse(&bytes);
        let answer = answer.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&bytes)));
        judge(method, path, &answer);
        answer
    }
}

/// A bare connection.
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends bytes; the server may have closed already.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Everything until the server closes the connection.
    pub(crate) async fn read_to_close(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A reset is a way to close, too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut bytes))
            .await
            .expect("the server closes the connection");
        bytes
    }

    /// Everything up to and with the first occurrence of this text, and what came with it.
    pub(crate) async fn read_until(&mut self, text: &str) -> String {
        let mut bytes = Vec::new();
        loop {
            let read = String::from_utf8_lossy(&bytes);
            if read.contains(text) {
                return read.into_owned();
            }
            let more = timeout(PATIENCE, self.0.read_buf(&mut bytes)).await.expect("the text comes").unwrap();
            assert_ne!(more, 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
        }
    }

    /// Everything until the end of a body in chunks.
    pub(crate) async fn read_to_end_of_body(&mut self) -> Vec<u8> {
        self.read_until("0\r\n\r\n").await.into_bytes()
    }

    /// Returns once the server has closed or reset the connection, without reading what it sent.
    pub(crate) async fn closed(&mut self) {
        while self.0.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// One answer with a content length; the connection stays open.
    pub(crate) async fn read_answer(&mut self) -> Answer {
        let mut bytes = Vec::new();
        loop {
            if let Some(answer) = Answer::parse(&bytes).filter(Answer::is_complete) {
                return answer;
            }
            let read =
                timeout(PATIENCE, self.0.read_buf(&mut bytes)).await.expect("the server answers").unwrap();
            assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Some(Self { status, headers, body: body.to_owned() })
    }

    fn is_complete(&self) -> bool {
        self.header("content-length").and_then(|length| length.parse().ok()) == Some(self.body.len())
    }

    /// A header's value, if it was sent once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Checks everything that every problem document promises.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"));
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        for leak in ["serde", "struct", "expected", "`", "::", "SELECT", "whsec_", ".rs"] {
            assert!(!answer.body.contains(leak), "{leak} in {}", answer.body);
        }
        problem
    }

    /// Checks a validation problem with exactly one field.
    #[track_caller]
    pub(crate) fn expect_invalid(self, pointer: &str, code: &str) {
        let problem = self.expect_problem(400, "validation_failed");
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{problem}");
        assert_eq!(
            (errors[0]["pointer"].as_str(), errors[0]["code"].as_str()),
            (Some(pointer), Some(code)),
            "{problem}"
        );
        assert!(errors[0]["detail"].as_str().unwrap().ends_with('.'), "{problem}");
    }
}
