//! Password hashing.

use async_trait::async_trait;
use thiserror::Error;

/// Why a password could not be hashed or checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Too many hashes are waiting already.
    #[error("too many logins at once")]
    Overloaded,
    /// The hash could not be computed.
    #[error("the password hash cannot be computed")]
    Failed,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// Whether the password is right.
    pub matches: bool,
    /// Whether the hash was made with other parameters than today's.
    pub outdated: bool,
}

/// Hashes passwords, on a bounded pool: a hash costs tens of milliseconds of a core.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The PHC string of a password, with a new salt.
    async fn hash(&self, password: String) -> Result<String, PasswordError>;

    /// Checks a password against a PHC string. Without one it takes the same time and never matches, so that an unknown
    /// user cannot be told from a wrong password.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<Verification, PasswordError>;
}
