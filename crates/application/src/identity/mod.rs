//! Who calls: logging in and out, keeping sessions alive, and knowing a caller by the access token.

mod authenticate;
mod change_password;
mod change_profile;
mod deed;
mod desk;
mod end_sessions;
mod login;
mod logout;
mod manage_access;
mod origin;
mod refresh;
mod register;
mod reset_password;
mod revocation;
mod tries;
mod witnessed_sessions;

pub use authenticate::{Authenticate, AuthenticateError, Caller};
pub use change_password::{ChangePassword, ChangePasswordError};
pub use change_profile::{ChangeProfile, ChangeProfileError, ProfileChange};
pub use deed::Deed;
pub use desk::{Identity, IdentityPorts};
pub use end_sessions::EndSessions;
pub use login::{Login, LoginError};
pub use logout::Logout;
pub use manage_access::{AccessChange, ManageAccess, ManageAccessError};
pub use origin::Origin;
pub use refresh::{Refresh, RefreshError};
pub use register::{Register, RegisterError};
pub use reset_password::{ResetPassword, ResetPasswordError};
pub use revocation::Revocation;
pub use tries::Tries;
pub use witnessed_sessions::WitnessedSessions;

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::ids::UserId;
use offers_domain::ports::{AccessClaims, AccessTokens, RefreshTokens, TokenError};
use offers_domain::session::{RefreshHash, Session, SessionPolicy};
use offers_domain::user::Role;
use time::OffsetDateTime;

/// The two tokens of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// Signed, short-lived: sent with every request.
    pub access: String,
    /// Opaque, single use: sent to get the next pair.
    pub refresh: String,
    /// Seconds until the access token stops working.
    pub expires_in: i64,
}

/// Issues token pairs.
#[derive(Clone)]
pub struct TokenIssuer {
    /// Signs access tokens.
    pub access: Arc<dyn AccessTokens>,
    /// Makes refresh tokens.
    pub refresh: Arc<dyn RefreshTokens>,
    /// How long they last.
    pub policy: SessionPolicy,
}

impl TokenIssuer {
    /// A pair for this session, and what is kept of its refresh token.
    fn issue(
        &self,
        session: &Session,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<(TokenPair, RefreshHash), TokenError> {
        let (refresh, hash) = self.refresh.generate()?;
        let expires_at = (now + self.policy.access).min(session.expires_at);
        let access = self.sign(session, session.user, role, now, expires_at)?;
        let expires_in = (expires_at - now).whole_seconds();
        Ok((TokenPair { access, refresh, expires_in }, hash))
    }

    fn sign(
        &self,
        session: &Session,
        user: UserId,
        role: Role,
        issued_at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<String, TokenError> {
        self.access.issue(&AccessClaims { user, session: session.id, role, issued_at, expires_at })
    }
}

/// What the trail says of a deed on one session: it is about the session's owner.
fn about(
    session: &Session,
    actor: Actor,
    action: AuditAction,
    origin: &Origin,
    now: OffsetDateTime,
) -> AuditEntry {
    AuditEntry::new(actor, action, Subject::User(session.user), now)
        .with("session", session.id)
        .in_request(origin.request.as_ref())
}
