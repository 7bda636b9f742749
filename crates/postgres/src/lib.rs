#![doc = include_str!("../README.md")]

mod activation_pauses;
mod audit_trail;
mod catalogue;
mod connection;
mod due_user_offers;
mod error;
mod idempotency;
mod ledger;
mod ledger_audit;
mod listener;
mod migrations;
mod notices;
mod partners;
mod pool;
mod queries;
mod relay;
mod rows;
mod schedules;
mod schema;
mod server;
mod sessions;
mod settings;
mod statement;
mod store;
mod transactions;
mod unit_of_work;
mod user_offers;
mod users;

pub use error::OpenError;
pub use listener::PgListener;
pub use migrations::{MigrationReport, migrate};
pub use relay::PgRelay;
pub use settings::PgSettings;
pub use store::PgStore;
