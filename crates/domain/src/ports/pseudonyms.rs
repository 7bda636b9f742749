//! Pseudonyms.

use crate::audit::Pseudonym;

/// Makes pseudonyms, the same in every process that has the same key.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Pseudonyms: Send + Sync {
    /// What stands for this text.
    fn of(&self, text: &str) -> Pseudonym;
}
