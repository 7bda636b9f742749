//! End to end: the real binary on free ports, real HTTP, a real file, and an activation partner that does what a test
//! tells it to.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "this is how a test fails, and its support module is a small library"
)]

mod support;

mod activation_partners;
mod auto_renewal;
mod backup;
mod bad_input;
mod callbacks;
mod canary;
mod command_line;
mod concurrency;
mod crash;
mod degraded;
mod doctor;
mod documentation;
mod editors;
mod encryption;
mod explain;
#[cfg(feature = "foreign-programs")]
mod foreign;
mod identity;
mod import;
mod journey;
mod many_processes;
mod metrics;
mod notices;
mod offer_rules;
mod operations;
#[cfg(feature = "otlp")]
mod otlp;
mod partner_scripts;
mod partners;
mod pooler;
mod renewal;
mod separate_processes;
mod settings;
mod shell;
mod staff;
mod staff_search;
mod stopping;
mod text_messages;
mod tour;
mod traces;
mod trespass;
mod twice;
mod voids;
mod waiting;
mod webhook_receivers;
mod webhooks;
