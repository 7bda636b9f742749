//! Access and refresh tokens.

use thiserror::Error;
use time::OffsetDateTime;

use crate::ids::{SessionId, UserId};
use crate::session::RefreshHash;
use crate::user::Role;

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Who holds it.
    pub user: UserId,
    /// The session it belongs to.
    pub session: SessionId,
    /// What they may do.
    pub role: Role,
    /// When it was issued, UTC.
    pub issued_at: OffsetDateTime,
    /// When it stops working, UTC.
    pub expires_at: OffsetDateTime,
}

/// Why a token is not good. Clients are not told which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is not one of ours, or it was changed.
    #[error("the token is invalid")]
    Invalid,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It could not be signed.
    #[error("the token cannot be signed")]
    Signing,
}

/// Signs and checks access tokens (JWT, RFC 7519, RFC 8725).
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Signs a token.
    fn issue(&self, claims: &AccessClaims) -> Result<String, TokenError>;

    /// Checks a token's signature, shape and time. Whether its session still lives is not its business.
    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, TokenError>;
}

/// Makes refresh tokens: opaque, 256 random bits.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// A new token, and what is kept of it.
    fn generate(&self) -> Result<(String, RefreshHash), TokenError>;

    /// What would be kept of this token. Any text has a hash; only issued ones are found.
    fn hash(&self, token: &str) -> RefreshHash;
}
