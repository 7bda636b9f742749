#![doc = include_str!("../README.md")]

mod activation;
mod backend;
mod banner;
pub mod commands;
mod doctor;
mod embedded;
mod error;
mod metrics;
mod notices;
mod probe;
mod process;
mod progress;
mod secret_key;
pub mod serve;
pub mod settings;
mod shared_state;
mod staff;
mod suggestion;
mod telemetry;
mod webhooks;
mod wiring;

pub use error::StartError;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes many small things on one thread and drops them on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Says why a process failed, in one sentence on standard error with the code that `offers explain` explains, and gives
/// the shell its exit code.
pub fn exit(outcome: Result<(), StartError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            // Nobody is left to tell if even this fails.
            let _ = writeln!(std::io::stderr(), "offers: {error} [{}]", error.entry().code);
            ExitCode::from(error.exit_code())
        }
    }
}
