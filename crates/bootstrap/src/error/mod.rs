//! Why a process did not start or a command failed: one clear sentence each, and a code that is explained.

mod failures;

use std::net::SocketAddr;
use std::path::PathBuf;

use offers_http::Entry;
use thiserror::Error;

/// One sentence for the person at the terminal.
#[derive(Debug, Error)]
pub enum StartError {
    /// A setting is wrong, unknown or missing.
    #[error("{0}")]
    Setting(String),
    /// The command line asks for something that does not exist.
    #[error("{0}")]
    Usage(String),
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
    /// Rows of the store contradict each other.
    #[error("the ledger does not add up")]
    LedgerDiffers,
    /// A check of the deployment fails.
    #[error("{0}")]
    Unwell(String),
    /// The command did its work and found a problem.
    #[error("{0}")]
    Failed(String),
}

impl StartError {
    /// What the shell is told: 2 for a wrong setting or a wrong use, 1 for anything else.
    pub fn exit_code(&self) -> u8 {
        let entry = self.entry();
        failures::ALL.iter().find(|(_, known)| *known == entry).map_or(1, |(exit, _)| *exit)
    }

    /// What is said about this kind of failure.
    pub fn entry(&self) -> &'static Entry {
        match self {
            Self::Setting(_) => &failures::SETTING_REFUSED,
            Self::Usage(_) => &failures::USAGE,
            Self::AddressInUse { .. } => &failures::ADDRESS_IN_USE,
            Self::Listen { .. } => &failures::CANNOT_LISTEN,
            Self::DataFolder { .. } => &failures::DATA_FOLDER_UNUSABLE,
            Self::Store(_) => &failures::STORE_UNUSABLE,
            Self::Setup(_) => &failures::SETUP_FAILED,
            Self::LedgerDiffers => &failures::LEDGER_DIFFERS,
            Self::Unwell(_) => &failures::UNWELL,
            Self::Failed(_) => &failures::COMMAND_FAILED,
        }
    }

    /// What is said about every kind of failure, with its exit code.
    pub fn explained() -> impl Iterator<Item = (u8, &'static Entry)> {
        failures::ALL.into_iter()
    }
}
