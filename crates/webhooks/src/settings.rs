//! What can be set.

use std::time::Duration;

use thiserror::Error;

use crate::address::Reach;

/// How endpoints are called.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// What may be called.
    pub reach: Reach,
    /// Longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// Longest whole call.
    pub call_timeout: Duration,
    /// Certificates (PEM) that receivers may be known by, besides those that the system trusts.
    pub extra_roots: Option<Vec<u8>>,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            connect_timeout: Duration::from_secs(2),
            call_timeout: Duration::from_secs(10),
            extra_roots: None,
        }
    }
}

/// Why there is no way to endpoints.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The client cannot be built: the extra certificates are none, for example.
    #[error("the HTTP client for webhooks cannot be built")]
    Client(#[from] reqwest::Error),
}
