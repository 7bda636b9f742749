#![doc = include_str!("../README.md")]

mod clock;
mod ids;
mod key_cache;
mod last_known;
mod near_offers;
mod near_sessions;
mod near_statuses;
mod no_cache;
mod offer_cache;
mod rate_limits;
mod relayed_bell;
mod remembered_tokens;
mod session_cache;
mod shelf;
mod sinks;
mod status_cache;
mod wake_up;

pub use clock::SystemClock;
pub use ids::RandomIds;
pub use key_cache::LocalKeyCache;
pub use last_known::LocalLastKnown;
pub use near_offers::NearOffers;
pub use near_sessions::NearSessions;
pub use near_statuses::NearStatuses;
pub use no_cache::NoCache;
pub use offer_cache::LocalOfferCache;
pub use rate_limits::{LocalLoginTries, LocalRateLimits};
pub use relayed_bell::RelayedBell;
pub use remembered_tokens::RememberedTokens;
pub use session_cache::LocalSessionCache;
pub use sinks::Sinks;
pub use status_cache::LocalStatusCache;
pub use wake_up::LocalBell;
