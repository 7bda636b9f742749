#![doc = include_str!("../README.md")]

mod breaker;
mod connection;
mod fields;
mod hashes;
mod keys;
mod listener;
mod login_tries;
mod offer_cache;
mod offer_page;
mod owed;
mod probe;
mod rate_limits;
mod relay;
mod session_cache;
mod settings;
mod status_cache;
mod status_hash;

pub use connection::RedisConnection;
pub use listener::RedisListener;
pub use login_tries::RedisLoginTries;
pub use offer_cache::RedisOfferCache;
pub use rate_limits::RedisRateLimits;
pub use relay::RedisRelay;
pub use session_cache::RedisSessionCache;
pub use settings::{RedisSettings, RedisUrlError};
pub use status_cache::RedisStatusCache;
