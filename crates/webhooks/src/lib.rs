#![doc = include_str!("../README.md")]

mod address;
mod body;
mod resolver;
mod sender;
mod settings;

pub use address::Reach;
pub use body::{example, render};
pub use resolver::{Lookup, SystemLookup};
pub use sender::HttpSender;
pub use settings::{SetupError, WebhookSettings};
