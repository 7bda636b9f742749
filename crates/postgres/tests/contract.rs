//! The production store keeps the contract of every store.

#![cfg(test)]

mod support;

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ports::{Queries, Store};
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::contract::store::StoreHarness;
use offers_testkit::servers::Database;

/// A database of its own, opened twice.
struct PgHarness {
    store: PgStore,
    second: PgStore,
    _database: Database,
}

#[async_trait]
impl StoreHarness for PgHarness {
    async fn fresh() -> Self {
        let database = support::fresh().await;
        let open = async || PgStore::connect(&PgSettings::new(database.url())).await.unwrap();
        let (store, second) = (open().await, open().await);
        Self { store, second, _database: database }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    fn queries(&self) -> Arc<dyn Queries> {
        Arc::new(self.store.clone())
    }

    fn second_connection(&self) -> Arc<dyn Store> {
        Arc::new(self.second.clone())
    }
}

offers_testkit::store_contract!(PgHarness);
