//! `offers webhooks verify`: is this message one of ours?

use std::fs;
use std::io::{Read, Write, stdin};
use std::path::PathBuf;

use clap::Args;
use offers_conventions::{Envelope, Forgery, keys};
use offers_domain::ports::Clock;
use offers_local::SystemClock;

use crate::StartError;
use crate::commands::say;

/// A message as it was kept.
#[derive(Debug, Clone, Args)]
pub struct VerifyArguments {
    /// The webhook's secret, whsec_…; two with a comma between while it is being changed
    #[arg(long, env = "WEBHOOK_SECRET", hide_env_values = true)]
    secret: String,
    /// The header webhook-id
    #[arg(long)]
    id: String,
    /// The header webhook-timestamp
    #[arg(long)]
    timestamp: String,
    /// The header webhook-signature
    #[arg(long)]
    signature: String,
    /// Accept a message however old it is
    #[arg(long)]
    any_age: bool,
    /// The body, byte for byte; standard input where no file is named
    file: Option<PathBuf>,
}

/// Says whether the message is signed; an error, and so another exit code, where it is not.
pub(crate) fn verify_message(arguments: &VerifyArguments, output: &mut dyn Write) -> Result<(), StartError> {
    let keys = keys(&arguments.secret).map_err(|error| StartError::Setting(format!("--secret: {error}")))?;
    let body = if let Some(path) = &arguments.file {
        fs::read(path)
    } else {
        let mut body = Vec::new();
        stdin().lock().read_to_end(&mut body).map(|_| body)
    };
    let body = body.map_err(|error| StartError::Failed(format!("the body cannot be read: {error}")))?;
    let VerifyArguments { id, timestamp, signature, .. } = arguments;
    let message = Envelope { id, timestamp, signature, body: &body };
    match message.check(&keys, SystemClock.now()) {
        Ok(()) => say(output, "the signature is good"),
        Err(Forgery::Stale) if arguments.any_age => say(output, "the signature is good; the message is old"),
        Err(forgery) => Err(StartError::Failed(format!("not to be believed: {forgery}"))),
    }
}
