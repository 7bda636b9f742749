#![doc = include_str!("../README.md")]

mod clock;
mod ids;
mod key_cache;
mod no_cache;
mod offer_cache;
mod relayed_bell;
mod session_cache;
mod shelf;
mod status_cache;
mod wake_up;

pub use clock::SystemClock;
pub use ids::RandomIds;
pub use key_cache::LocalKeyCache;
pub use no_cache::NoCache;
pub use offer_cache::LocalOfferCache;
pub use relayed_bell::RelayedBell;
pub use session_cache::LocalSessionCache;
pub use status_cache::LocalStatusCache;
pub use wake_up::LocalBell;
