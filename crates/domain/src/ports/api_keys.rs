//! API keys of partners.

use super::TokenError;
use crate::partner_channel::api_key::{KeyHash, KeyMode};

/// Makes API keys: `ok_live_` or `ok_test_` and 256 random bits.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait ApiKeys: Send + Sync {
    /// A new key, and what is kept of it.
    fn generate(&self, mode: KeyMode) -> Result<(String, KeyHash), TokenError>;

    /// What would be kept of this key; none where the text does not have the form of one.
    fn hash(&self, key: &str) -> Option<KeyHash>;
}
