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
    /// Signals may have been lost: whoever waits, looks.
    Missed,
}

/// Carries signals from this process to every other. A signal may be lost; nothing here fails.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SignalRelay: Send + Sync {
    /// Sends a signal.
    async fn send(&self, signal: Signal);
}

/// Takes what other processes sent: this process's own bell, which alone knows who waits here.
pub trait SignalSink: Send + Sync {
    /// Wakes whom the signal concerns. Never blocks.
    fn deliver(&self, signal: Signal);
}
