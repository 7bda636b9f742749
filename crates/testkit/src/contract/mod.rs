//! Contract suites: what every adapter of a port must do, written once.

pub mod guard;
pub mod offer_cache;
pub mod rate_limits;
pub mod session_cache;
pub mod status_cache;
pub mod store;
pub mod wake_up;
