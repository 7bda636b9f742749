#![doc = include_str!("../README.md")]

mod breaker;
mod callbacks;
mod classify;
mod client;
mod gateway;
mod gateways;
mod settings;
mod wire;

pub use callbacks::Callbacks;
pub use gateway::HttpGateway;
pub use gateways::Gateways;
pub use settings::{HttpGatewaySettings, SetupError};
