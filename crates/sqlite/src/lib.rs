#![doc = include_str!("../README.md")]

mod activation_pauses;
mod audit_trail;
mod callback_inbox;
mod catalogue;
mod clock;
mod connection;
mod due_user_offers;
mod error;
mod idempotency;
mod imports;
mod incidents;
mod ledger;
mod ledger_audit;
mod migrations;
mod notices;
mod partners;
mod pool;
mod queries;
mod queue;
mod rows;
mod schedules;
mod schema;
mod sessions;
mod store;
mod transactions;
mod unit_of_work;
mod update;
mod user_offers;
mod users;
mod webhook_events;
mod webhooks;
mod writer;

pub use error::OpenError;
pub use migrations::{MigrationReport, migrate};
pub use store::SqliteStore;
