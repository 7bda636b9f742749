//! How many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts those who wait. Clones share one count.
#[derive(Clone, Default)]
pub(crate) struct Queue(Arc<AtomicUsize>);

/// A place in the queue, until it is dropped.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Queue {
    pub(crate) fn enter(&self) -> Place {
        self.0.fetch_add(1, Ordering::Relaxed);
        Place(Arc::clone(&self.0))
    }

    pub(crate) fn length(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
