//! The embedded store keeps the contract of every store.

#![cfg(test)]

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ports::{Clock, Queries, Store};
use offers_sqlite::SqliteStore;
use offers_testkit::contract::store::StoreHarness;
use tempfile::TempDir;
use time::OffsetDateTime;

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the process's clock")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// A file in a folder of its own, opened twice.
struct SqliteHarness {
    folder: TempDir,
    store: SqliteStore,
}

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("offers.db"), Arc::new(SystemClock)).unwrap()
}

#[async_trait]
impl StoreHarness for SqliteHarness {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        offers_sqlite::migrate(&folder.path().join("offers.db")).unwrap();
        Self { store: open(&folder), folder }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn queries(&self) -> Arc<dyn Queries> {
        Arc::new(self.store.clone())
    }

    fn second_connection(&self) -> Arc<dyn Store> {
        Arc::new(open(&self.folder))
    }
}

offers_testkit::store_contract!(SqliteHarness);
