#![doc = include_str!("../README.md")]

mod bell;
mod breaker;
mod connection;
mod fields;
mod followed;
mod hashes;
mod keys;
mod listener;
mod offer_cache;
mod offer_page;
mod owed;
mod session_cache;
mod settings;
mod status_cache;
mod status_hash;

pub use bell::RedisBell;
pub use connection::RedisConnection;
pub use listener::Listener;
pub use offer_cache::RedisOfferCache;
pub use session_cache::RedisSessionCache;
pub use settings::{RedisSettings, RedisUrlError};
pub use status_cache::RedisStatusCache;
