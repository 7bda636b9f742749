//! What goes over the wire.

use std::error::Error;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use serde_json::Value;

use crate::error::{Surprise, TourError};

/// Longer than the longest wait for a change.
const PATIENCE: Duration = Duration::from_secs(45);
/// Larger than any answer of the API.
const LARGEST: usize = 1024 * 1024;

/// A call with everything filled in.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) text: String,
    json: Value,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, text: String) -> Self {
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, json }
    }

    /// The body as JSON; null where it is none.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    /// A header by its name, in whatever case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Speaks HTTP to one server.
#[derive(Debug)]
pub(crate) struct Wire(reqwest::Client);

impl Wire {
    pub(crate) fn to(base_url: &str) -> Result<Self, TourError> {
        let url = Url::parse(base_url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        let url = url.ok_or_else(|| TourError::Address(base_url.to_owned()))?;
        // reqwest takes the process's provider and panics without one. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE);
        let builder = match url.scheme() {
            "https" => builder,
            // Plain HTTP needs no root certificates, which a small container may not have.
            _ => builder.tls_certs_only([]),
        };
        Ok(Self(builder.build().map_err(TourError::Client)?))
    }

    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, Surprise> {
        let method = Method::from_bytes(call.method.as_bytes()).unwrap_or_default();
        let request = call
            .headers
            .iter()
            .fold(self.0.request(method, &call.url), |request, (name, value)| request.header(*name, value));
        let request = match &call.body {
            Some(body) => request.body(body.clone()),
            None => request,
        };
        let mut response =
            request.send().await.map_err(|error| Surprise::NoAnswer(said(&error.without_url())))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let headers = headers.collect();
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| Surprise::Unreadable(said(&error.without_url())))?
        {
            if chunk.len() > LARGEST.saturating_sub(body.len()) {
                return Err(Surprise::Unreadable(format!("it exceeds {LARGEST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer::new(status, headers, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// The error with its causes.
fn said(error: &reqwest::Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}
