//! Who shows a key, fast.

use crate::partner_channel::api_key::{KeyHash, KeyHolder};

/// Keeps the partners that have just called near, so that a request which only reads does not ask the store each time who
/// its caller is. What it says may be a few seconds old: a request that moves money asks the store in the same commit.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait KeyCache: Send + Sync {
    /// The key and its partner, if they are here.
    fn get(&self, hash: KeyHash) -> Option<KeyHolder>;

    /// Keeps a key and its partner as the store has them.
    fn put(&self, hash: KeyHash, holder: &KeyHolder);
}
