//! The way to endpoints.

use async_trait::async_trait;

use super::TokenError;
use crate::webhook::delivery::{Answer, Message};
use crate::webhook::endpoint::UrlRefusal;
use crate::webhook::secret::Secret;

/// Sends signed messages (Standard Webhooks 1.0) to addresses of strangers.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends one message, once, within a deadline of its own. It never fails: a failure is an answer.
    async fn send(&self, message: &Message) -> Answer;
}

/// Judges addresses and makes secrets, before anything is sent.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait WebhookDesk: Send + Sync {
    /// The address in its one spelling. Where its host has a name, what the name stands for is judged when it is called.
    fn admit(&self, url: &str) -> Result<String, UrlRefusal>;

    /// A new secret of 256 random bits.
    fn new_secret(&self) -> Result<Secret, TokenError>;
}
