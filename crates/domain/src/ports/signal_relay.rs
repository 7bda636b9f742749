//! Bells between processes.

use async_trait::async_trait;

use crate::ids::TransactionId;

/// What one process tells the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// There is work.
    Work,
    /// These orders have a new status.
    Changed(Vec<TransactionId>),
}

/// Carries signals from this process to every process, this one included. An adapter's listener hands what arrives to the
/// process's own [`WakeUp`](super::WakeUp), which alone knows who waits. A signal may be lost; nothing here fails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SignalRelay: Send + Sync {
    /// Sends a signal.
    async fn send(&self, signal: Signal);
}
