//! A client application.

use std::sync::Once;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::PATIENCE;

/// How long a stream may live.
const STREAM: Duration = Duration::from_mins(5);

/// Calls one server, perhaps as somebody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

/// A stream of events.
pub struct Events {
    response: reqwest::Response,
    read: String,
}

impl Events {
    /// Reads on until this text has come.
    pub async fn read_until(&mut self, text: &str) {
        while !self.read.contains(text) {
            assert!(self.read_on().await, "no {text} in {}", self.read);
        }
    }

    /// Reads to the end; the ids of all events, and their statuses.
    pub async fn rest(mut self) -> Vec<(u32, String)> {
        while self.read_on().await {}
        let events = self.read.split("id: ").skip(1).map(|event| {
            let (id, rest) = event.split_once('\n').unwrap();
            let data = rest.split_once("data: ").unwrap().1.split("\n\n").next().unwrap();
            let data: Value = serde_json::from_str(data).unwrap();
            (id.parse().unwrap(), data["status"].as_str().unwrap().to_owned())
        });
        events.collect()
    }

    /// Whether there was more.
    async fn read_on(&mut self) -> bool {
        let chunk = self.response.chunk().await.unwrap();
        self.read += &chunk.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect::<String>();
        chunk.is_some()
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Fails unless it is a complete problem document with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{}", self.text);
        assert_eq!((self.status, &problem["status"]), (status, &json!(status)), "{}", self.text);
        for member in ["type", "title", "detail", "request_id"] {
            assert!(
                problem[member].as_str().is_some_and(|text| !text.is_empty()),
                "no {member}: {}",
                self.text
            );
        }
        assert_eq!(self.header("x-request-id"), problem["request_id"]);
        self
    }
}

impl Client {
    /// A stranger.
    pub fn new(url: &str) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            rustls::crypto::ring::default_provider()
                .install_default()
                .expect("no other provider is installed");
        });
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        Self { http, url: url.to_owned(), token: None }
    }

    /// The same client with this access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client of a server that has moved.
    pub fn moved_to(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// Logs a demonstration customer in.
    pub async fn log_in(&self, username: &str) -> Self {
        let tokens = self.tokens(username).await;
        self.with_token(tokens["access_token"].as_str().unwrap())
    }

    /// The token pair of a demonstration customer.
    pub async fn tokens(&self, username: &str) -> Value {
        let body = json!({"username": username, "password": "password123"});
        self.post("/api/v1/auth/login/", body).await.expect(200).json()
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// GET with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, None).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_with(path, &[], body).await
    }

    /// POST of JSON with headers.
    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.send(Method::POST, path, &headers, Some(body.to_string().into_bytes())).await
    }

    /// Any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// Any request; an error where the connection broke.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    /// Begins to listen to an order, from after the event with this id; the answer's head has come.
    pub async fn listen(&self, transaction: &str, last: &str) -> Events {
        let url = format!("{}/api/v1/activation/status/{transaction}/events", self.url);
        let request = self.http.get(url).bearer_auth(self.token.as_deref().unwrap()).timeout(STREAM);
        let response = request.header("last-event-id", last).send().await.unwrap();
        assert_eq!(response.status(), 200);
        Events { response, read: String::new() }
    }

    /// Orders an offer; the transaction's id.
    pub async fn activate(&self, offer: i64) -> String {
        let answer = self.post("/api/v1/activation/", json!({"offer_id": offer})).await.expect(202).json();
        assert_eq!(answer["status"], "PENDING");
        answer["transaction_id"].as_str().unwrap().to_owned()
    }

    /// Follows an order until it is final.
    pub async fn follow(&self, transaction: &str) -> Value {
        let started = Instant::now();
        loop {
            let path = format!("/api/v1/activation/status/{transaction}/?wait=5");
            let status = self.get(&path).await.expect(200).json();
            if ["SUCCESS", "FAILED"].contains(&status["status"].as_str().unwrap()) {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "still {status}");
        }
    }

    /// Waits until a counter of this metrics listener has come so far: a client may see what was done before it is counted.
    pub async fn until_counted(&self, series: &str, count: u32) {
        let (line, started) = (format!("{series} "), Instant::now());
        loop {
            let text = self.get("/metrics").await.expect(200).text;
            let counted = text.lines().find_map(|found| found.strip_prefix(&line));
            if counted.map_or(0, |count| count.parse().unwrap()) >= count {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{series} is not {count} in\n{text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The balance in cents.
    pub async fn cents(&self) -> i64 {
        let balance = self.get("/api/v1/account/balance/").await.expect(200).json();
        cents(&balance["balance"])
    }

    /// An offer on sale: its id and its price in cents. Number 0 is the first.
    pub async fn offer(&self, number: usize) -> (i64, i64) {
        let list = self.get("/api/v1/offers/").await.expect(200).json();
        let offer = &list["data"][number];
        (offer["id"].as_i64().unwrap(), cents(&offer["price"]))
    }
}

fn cents(money: &Value) -> i64 {
    let text = money.as_str().unwrap();
    let (whole, fraction) = text.split_once('.').unwrap();
    assert_eq!(fraction.len(), 2, "{text}");
    whole.parse::<i64>().unwrap() * 100 + fraction.parse::<i64>().unwrap()
}
