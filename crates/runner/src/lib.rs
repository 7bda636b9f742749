#![doc = include_str!("../README.md")]

pub mod schedule;
pub mod sender;
pub mod tasks;
pub mod worker;
