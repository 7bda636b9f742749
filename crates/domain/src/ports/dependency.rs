//! Servers that the program can do without.

use async_trait::async_trait;

/// A server that makes the program faster and that nothing depends on.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Dependency: Send + Sync {
    /// Whether it answers, soon.
    async fn answers(&self) -> bool;
}
