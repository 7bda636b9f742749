#![doc = include_str!("../README.md")]

mod collections;
mod error;
mod journeys;
mod judge;
mod player;
mod print;
mod step;
mod variables;
mod wire;

pub use collections::{CollectionFile, collections};
pub use error::{Surprise, TourError};
pub use player::{Guest, play};
