//! The way to a customer.

use async_trait::async_trait;

use crate::sending::{Delivery, Letter};

/// Carries the messages of one channel.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Hands one letter over, once. It ends in less time than a sender's lease lasts.
    async fn send(&self, letter: &Letter) -> Delivery;
}
