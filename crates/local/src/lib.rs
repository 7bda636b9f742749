#![doc = include_str!("../README.md")]

mod clock;
mod ids;
mod session_cache;
mod shelf;
mod status_cache;
mod wake_up;

pub use clock::SystemClock;
pub use ids::RandomIds;
pub use session_cache::LocalSessionCache;
pub use status_cache::LocalStatusCache;
pub use wake_up::LocalBell;
