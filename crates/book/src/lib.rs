#![doc = include_str!("../README.md")]

mod build;
mod diagrams;
mod error;
mod links;

pub use build::{Built, build};
pub use error::BookError;
