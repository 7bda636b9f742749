//! The documents that the product was ordered with, endpoint by endpoint and flow by flow: the tests' names are their table of
//! contents. What a document shows more than one way is shown once, here or where [`contents`] says.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "this is how a test fails, and its support module is a small library"
)]

#[expect(dead_code, unused_imports, reason = "the end-to-end tests use all of it")]
#[path = "../e2e/support/mod.rs"]
mod support;

mod account;
mod activation;
mod authentication;
mod callbacks;
mod contents;
mod flows;
mod journey;
mod monitoring;
mod offers;
mod partner;
mod shape;
