//! How much is measured.

use std::time::Duration;

/// The size of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Wallets in the database.
    pub(crate) wallets: usize,
    /// How many of their owners are logged in; orders go round these.
    pub(crate) customers: usize,
    /// How often everything is measured.
    pub(crate) repetitions: usize,
    /// How long each measurement lasts.
    pub(crate) length: Duration,
    /// How long each measurement of the embedded store lasts.
    pub(crate) embedded_length: Duration,
}

impl Plan {
    /// The one that counts: below ten minutes.
    pub(crate) fn full() -> Self {
        Self {
            wallets: 100_000,
            customers: 4_096,
            repetitions: 3,
            length: Duration::from_secs(5),
            embedded_length: Duration::from_secs(3),
        }
    }

    /// Shows that everything works.
    pub(crate) fn quick() -> Self {
        Self {
            wallets: 5_000,
            customers: 512,
            repetitions: 1,
            length: Duration::from_secs(1),
            embedded_length: Duration::from_millis(500),
        }
    }
}
