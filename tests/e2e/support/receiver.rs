//! A receiver of webhooks that answers as a test tells it, over real HTTP.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::PATIENCE;

/// What a message is answered with.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    /// This status.
    Status(u16),
    /// Nothing, ever.
    Silence,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Message {
    head: String,
    /// The body, byte for byte.
    pub body: String,
    /// What it was answered with, if it was.
    pub answered: Option<u16>,
}

impl Message {
    /// A header's text.
    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&prefix)).expect(name)
    }

    /// Its name.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What happened.
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

#[derive(Default)]
struct Desk {
    next: Mutex<VecDeque<Reply>>,
    got: Mutex<Vec<Message>>,
    bell: Notify,
}

/// A running receiver. It ends with the test.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    desk: Arc<Desk>,
    _serving: JoinSet<()>,
}

impl Receiver {
    /// Starts one that answers the first messages so, and all others with 204.
    pub async fn start(next: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let desk = Arc::new(Desk { next: Mutex::new(next.into_iter().collect()), ..Desk::default() });
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, desk.clone()));
        Self { url, desk, _serving: serving }
    }

    /// Everything that came.
    pub fn received(&self) -> Vec<Message> {
        self.desk.got.lock().unwrap().clone()
    }

    /// Waits until so many messages have come.
    pub async fn wait_for(&self, count: usize) -> Vec<Message> {
        let started = Instant::now();
        loop {
            let rung = self.desk.bell.notified();
            let got = self.received();
            if got.len() >= count {
                return got;
            }
            assert!(started.elapsed() < PATIENCE, "{} of {count} messages: {got:#?}", got.len());
            let _ = tokio::time::timeout(PATIENCE / 30, rung).await;
        }
    }
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(answer(stream, desk.clone()));
    }
}

/// One message for each connection.
async fn answer(mut stream: TcpStream, desk: Arc<Desk>) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let reply = desk.next.lock().unwrap().pop_front().unwrap_or(Reply::Status(204));
    let answered = if let Reply::Status(status) = reply { Some(status) } else { None };
    desk.got.lock().unwrap().push(Message { head, body, answered });
    desk.bell.notify_waiters();
    let Some(status) = answered else { return std::future::pending().await };
    let text = format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap_or("0").parse::<usize>().unwrap() {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
