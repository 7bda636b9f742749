#![doc = include_str!("../README.md")]

pub mod builders;
pub mod clock;
pub mod contract;
pub mod crowd;
pub mod ids;
pub mod pages;
pub mod servers;
