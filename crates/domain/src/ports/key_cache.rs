//! Who shows a key, fast.

use crate::partner_channel::api_key::{KeyHash, KeyHolder};

/// What the store said of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownKey {
    /// Whose it is.
    Held(KeyHolder),
    /// It was never given to anybody.
    Nobodys,
}

/// Keeps the partners that have just called near, so that a request which only reads does not ask the store each time who
/// its caller is. What it says may be a few seconds old: a request that moves money asks the store in the same commit.
/// Keys that nobody has are kept apart: however many are tried, no partner is forgotten for them.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KeyCache: Send + Sync {
    /// What is known of the key, if it is here.
    fn get(&self, hash: KeyHash) -> Option<KnownKey>;

    /// Keeps what the store said.
    fn put(&self, hash: KeyHash, known: KnownKey);
}
