//! Why a process did not start or a command failed: one clear sentence each.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// One sentence for the person at the terminal.
#[derive(Debug, Error)]
pub enum StartError {
    /// A setting is wrong, unknown or missing.
    #[error("{0}")]
    Setting(String),
    /// Another program has the port.
    #[error("{address} is already in use; stop the other program or choose another address with {flag}")]
    AddressInUse {
        /// The address.
        address: SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
    },
    /// The port cannot be opened.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The data folder cannot be used.
    #[error("cannot write to the data folder {}: {reason}; choose another with --data-dir", folder.display())]
    DataFolder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("{0}")]
    Store(String),
    /// A part could not be set up.
    #[error("{0}")]
    Setup(String),
    /// The command did its work and found a problem.
    #[error("{0}")]
    Failed(String),
}

impl StartError {
    /// What the shell is told: 2 for a wrong setting, 1 for anything else.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Setting(_)) { 2 } else { 1 }
    }
}
