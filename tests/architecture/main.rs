//! The shape of the code, as tests: who may depend on whom, what may come in from outside, how long a file may get.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "this is how a test fails")]

mod collections;
mod dependencies;
mod diagrams;
mod pages;
mod sources;
mod supply_chain;
