//! What is special about a store on a server: opening it, its schema's own walls, and what is said and done
//! when the server, its locks or its connections fail.

#![cfg(test)]

mod app_role;
mod corrupt_rows;
mod faults;
mod locks;
mod opening;
mod plans;
mod references;
mod schema;
#[path = "../support/mod.rs"]
mod support;

use offers_domain::ids::UserId;
use offers_domain::money::Currency;
use offers_domain::ports::Store;
use offers_postgres::{PgSettings, PgStore};
use offers_testkit::builders::{NOON, new_user};
use offers_testkit::servers::Database;

/// A database, and a store on it with so many writers.
async fn open(writers: usize) -> (Database, PgStore) {
    let database = support::fresh().await;
    let settings = PgSettings { pool_size: writers, ..PgSettings::new(database.url()) };
    let store = PgStore::connect(&settings).await.unwrap();
    (database, store)
}

/// A customer with an empty wallet.
async fn customer(store: &PgStore, name: &str) -> UserId {
    let mut unit = store.begin().await.unwrap();
    let user = unit.insert_users(&[new_user(name)]).await.unwrap()[0];
    unit.open_wallets(&[user], Currency::EUR, NOON).await.unwrap();
    unit.commit().await.unwrap();
    user
}
