//! Private PostgreSQL, Redis and PgBouncer servers: real ones, on free ports of the loopback address, with their data in a temporary
//! folder, gone when the tests are.
//!
//! `with-servers COMMAND` starts one of each for a whole test run and names them in `TEST_DATABASE_URL` and
//! `TEST_REDIS_URL`; a developer may set these to servers of their own. A test process without the variables starts its
//! own.

mod authority;
mod database;
mod install;
mod pgbouncer;
mod postgres;
mod process;
mod redis;
mod smtp;

pub use authority::{Authority, Identity};
pub use database::Database;
pub use install::tool;
pub use pgbouncer::PgBouncer;
pub use postgres::{Postgres, psql};
pub use redis::Redis;
pub use smtp::{KeptMail, Smtp, SmtpSecurity, SmtpTurn};

/// Names the PostgreSQL server of a test run: an address of its superuser, without a database.
pub const DATABASE_URL: &str = "TEST_DATABASE_URL";
/// Names the Redis server of a test run.
pub const REDIS_URL: &str = "TEST_REDIS_URL";
