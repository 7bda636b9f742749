//! `offers webhooks …`: who hears of events, what was sent to them, and what a receiver's developer needs.

mod listen;
mod looking_after;
mod verify;

pub(super) use listen::{ListenArguments, listen};
pub(super) use looking_after::{LookingAfter, look_after};
pub(super) use verify::{VerifyArguments, verify_message};

use std::io::Write;

use clap::Subcommand;

use crate::StartError;
use crate::settings::Settings;

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum WebhooksCommand {
    /// Looking after webhooks.
    #[command(flatten)]
    LookingAfter(LookingAfter),
    /// Receive messages on this machine, check them and print them; for development
    Listen(ListenArguments),
    /// Check the signature of a message that was kept: a file, or standard input
    Verify(VerifyArguments),
}

/// Does what is asked. Listening and checking need no database.
pub async fn webhooks(
    settings: impl Fn() -> Result<Settings, StartError>,
    command: WebhooksCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    match command {
        WebhooksCommand::LookingAfter(command) => look_after(&settings()?, command, output).await,
        WebhooksCommand::Listen(arguments) => listen(arguments, output).await,
        WebhooksCommand::Verify(arguments) => verify_message(&arguments, output),
    }
}
