#![doc = include_str!("../README.md")]

mod breaker;
mod classify;
mod client;
mod gateway;
mod retry_after;
mod settings;
mod wire;

pub use gateway::HttpGateway;
pub use settings::{HttpGatewaySettings, SetupError};
