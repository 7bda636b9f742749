//! Ids for tests.

use std::sync::atomic::{AtomicU64, Ordering};

use offers_domain::ids::{SessionId, TransactionId};
use offers_domain::partner_channel::reference::Reference;
use offers_domain::ports::IdSource;
use offers_domain::retry::Jitter;
use uuid::Uuid;

/// Counts instead of drawing: ids are 1, 2, 3 …, and the jitter is always the least.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl CountingIds {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }
}

impl IdSource for CountingIds {
    fn transaction_id(&self) -> TransactionId {
        TransactionId(self.next())
    }

    fn session_id(&self) -> SessionId {
        SessionId(self.next())
    }

    fn random_uuid(&self) -> Uuid {
        self.next()
    }

    fn reference(&self) -> Reference {
        Reference::from_bits(u64::try_from(self.next().as_u128()).unwrap_or_default())
    }

    fn jitter(&self) -> Jitter {
        Jitter(0)
    }
}
