//! The gateway against the simulator, over TCP.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod faults;
mod limits;
mod network;
mod support;
