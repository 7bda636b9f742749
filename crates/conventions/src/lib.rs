#![doc = include_str!("../README.md")]

mod retry_after;
mod signature;

pub use retry_after::retry_after;
pub use signature::{BadSecret, Envelope, Forgery, Key, TOLERANCE, keys, new_secret};
