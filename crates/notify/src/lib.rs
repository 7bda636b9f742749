#![doc = include_str!("../README.md")]

mod format;
mod log_only;
mod mail;
mod outbox;
mod sms;
mod smtp;
mod templates;

pub use log_only::LogOnly;
pub use mail::{MailHeaders, Sender};
pub use outbox::Outbox;
pub use sms::{SmsGateway, SmsSettings};
pub use smtp::{SmtpMessenger, SmtpSettings};
pub use templates::{TemplateError, Templates};

use thiserror::Error;

/// Why a server takes no messages now, in a sentence without its full stop.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NotReady(pub(crate) String);

/// Why a way for messages cannot be set up.
#[derive(Debug, Error)]
pub enum SetupError {
    /// An address is none that can be used.
    #[error("{0}")]
    Address(&'static str),
    /// The sender's address is malformed.
    #[error("the sender's address must look like Name <name@example.com>")]
    Sender,
    /// The certificates cannot be read or used.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// The body of the gateway's calls is not JSON.
    #[error("the gateway's body must be JSON: {0}")]
    Body(String),
    /// The folder cannot be made or read.
    #[error("the outbox folder {} cannot be used: {reason}", folder.display())]
    Folder {
        /// The folder.
        folder: std::path::PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
}
