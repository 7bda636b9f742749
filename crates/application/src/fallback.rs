//! What can be shown although the store does not answer.

use std::sync::Arc;

use offers_domain::ports::{Clock, Kept, LastKnown, StoreError};
use time::Duration;

use crate::store_health::StoreHealth;

/// Something that was read, just now or a while ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// What was read.
    pub value: T,
    /// How long ago, where the store does not answer and nobody knows whether it is still so.
    pub stale: Option<Duration>,
}

impl<T> Known<T> {
    /// Read from the store, or from a cache that hears of changes.
    pub fn current(value: T) -> Self {
        Self { value, stale: None }
    }

    /// The same knowledge, to look at.
    pub fn as_ref(&self) -> Known<&T> {
        Known { value: &self.value, stale: self.stale }
    }

    /// The same knowledge of a part.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> Known<U> {
        Known { value: part(self.value), stale: self.stale }
    }
}

impl<T> Known<Option<T>> {
    /// Nothing, or something that is known.
    pub fn transpose(self) -> Option<Known<T>> {
        let stale = self.stale;
        self.value.map(|value| Known { value, stale })
    }
}

/// The way around a store that does not answer.
#[derive(Clone)]
pub struct Fallback {
    /// What was read before.
    pub last_known: Arc<dyn LastKnown>,
    /// Whether the store answers.
    pub health: Arc<StoreHealth>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Fallback {
    /// What `read` brings, or what was `kept`, where the store does not answer. A store that is known to be down is not
    /// waited for.
    pub(crate) async fn read_or<T>(
        &self,
        read: impl Future<Output = Result<Known<T>, StoreError>>,
        kept: impl Fn(&dyn LastKnown) -> Option<Kept<T>>,
    ) -> Result<Known<T>, StoreError> {
        let from_before = || kept(&*self.last_known).map(|kept| self.stale(kept));
        if self.health.store_is_down()
            && let Some(known) = from_before()
        {
            return Ok(known);
        }
        match read.await {
            Err(StoreError::Unavailable(reason)) => from_before().ok_or(StoreError::Unavailable(reason)),
            outcome => outcome,
        }
    }

    fn stale<T>(&self, kept: Kept<T>) -> Known<T> {
        let age = (self.clock.now() - kept.read_at).max(Duration::ZERO);
        Known { value: kept.value, stale: Some(age) }
    }

    /// Something from a shared cache: while the store is down it is as old as `age` at most.
    pub(crate) fn cached<T>(&self, value: T, age: Duration) -> Known<T> {
        Known { value, stale: self.health.store_is_down().then_some(age) }
    }
}
