//! The HTTP contract over real connections: a real server, with scripted ports behind it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails"
)]

mod support;

mod account;
mod activation;
mod admin;
mod bodies;
mod callbacks;
mod documentation;
mod errors;
mod events;
mod identity;
mod limits;
mod monitoring;
mod offers;
mod partners;
mod protocol;
mod queries;
mod refusals;
mod renewal;
mod routes;
mod slow_clients;
mod status;
mod stopping;
mod traces;
mod webhooks;
