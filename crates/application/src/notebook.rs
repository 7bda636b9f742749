//! What requests leave behind that they do not wait for: it is noted in memory and written every now and then, in one unit
//! of work however much there is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use offers_domain::audit::AuditEntry;
use offers_domain::ids::ApiKeyId;
use offers_domain::ports::{IdSource, Store, StoreError};
use offers_domain::refusals::{Refusal, Refusals};
use time::OffsetDateTime;

use crate::transact::{Done, transact};

/// Entries that wait for a store that does not answer, at most.
const WAITING: usize = 10_000;

/// The notebook of one process. A process that is killed loses what it has noted since the last writing.
pub struct Notebook {
    store: Arc<dyn Store>,
    ids: Arc<dyn IdSource>,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    keys: HashMap<ApiKeyId, OffsetDateTime>,
    refusals: Refusals,
    /// What could not be written the last time.
    waiting: Vec<AuditEntry>,
}

impl Notebook {
    /// Nothing is noted yet.
    pub fn new(store: Arc<dyn Store>, ids: Arc<dyn IdSource>) -> Self {
        Self { store, ids, pages: Mutex::default() }
    }

    /// A key was shown at this time.
    pub fn key_used(&self, key: ApiKeyId, at: OffsetDateTime) {
        self.pages().keys.insert(key, at);
    }

    /// Somebody was refused something.
    pub fn refused(&self, refusal: Refusal) {
        self.pages().refusals.note(refusal);
    }

    /// Writes what has been noted: when keys were last seen, and an entry in the trail for each who was refused something.
    /// What cannot be written is kept for the next time, as far as there is room.
    pub async fn write(&self) -> Result<(), StoreError> {
        let (keys, entries) = self.turn_over();
        if keys.is_empty() && entries.is_empty() {
            return Ok(());
        }
        let (seen, told) = (&keys, &entries);
        let written = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                unit.touch_api_keys(seen).await?;
                unit.record_audit(told).await?;
                Ok(Done::Write(()))
            })
        })
        .await;
        // After a commit of which nobody knows, an entry too many says more than one too few.
        if written.is_err() {
            self.put_back(keys, entries);
        }
        written
    }

    fn turn_over(&self) -> (Vec<(ApiKeyId, OffsetDateTime)>, Vec<AuditEntry>) {
        let mut pages = self.pages();
        let (fresh, others) = pages.refusals.take();
        if others > 0 {
            tracing::warn!(requests = others, "more callers were refused something than are kept apart");
        }
        let mut entries = std::mem::take(&mut pages.waiting);
        entries.extend(fresh);
        let mut keys: Vec<_> = pages.keys.drain().collect();
        keys.sort_unstable();
        (keys, entries)
    }

    fn put_back(&self, keys: Vec<(ApiKeyId, OffsetDateTime)>, mut entries: Vec<AuditEntry>) {
        let mut pages = self.pages();
        for (key, at) in keys {
            let seen = pages.keys.entry(key).or_insert(at);
            *seen = at.max(*seen);
        }
        entries.truncate(WAITING);
        pages.waiting = entries;
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
