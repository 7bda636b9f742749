//! What can be read off a running part at any moment.

use crate::activation_partner::ActivationPartner;

/// One thing that stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Connections that are lent out one at a time.
    Pool {
        /// Which pool: a closed set of names.
        name: &'static str,
        /// How many there may be.
        size: usize,
        /// How many are lent out.
        in_use: usize,
        /// How many callers wait for one.
        waiting: usize,
    },
    /// Calls to an activation partner.
    PartnerCalls {
        /// Whom.
        partner: ActivationPartner,
        /// How many there may be at once.
        limit: usize,
        /// How many are under way.
        under_way: usize,
        /// Whether it is left alone because it keeps failing.
        circuit_open: bool,
    },
    /// The way to the cache that processes share.
    SharedCache {
        /// Whether it is left alone because it keeps failing.
        circuit_open: bool,
    },
    /// The file system of a folder that the program writes to.
    Folder {
        /// Bytes that the program may still write.
        free_bytes: u64,
        /// Bytes that there are.
        size_bytes: u64,
    },
}

/// A part whose levels can be read.
pub trait Levels: Send + Sync {
    /// What it stands at now; never waits.
    fn levels(&self) -> Vec<Level>;
}
