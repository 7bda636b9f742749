//! Who calls: logging in and out, keeping sessions alive, and knowing a caller by the access token.

mod authenticate;
mod login;
mod logout;
mod refresh;
mod witnessed_sessions;

pub use authenticate::{Authenticate, AuthenticateError, Caller};
pub use login::{Login, LoginError};
pub use logout::Logout;
pub use refresh::{Refresh, RefreshError};
pub use witnessed_sessions::WitnessedSessions;

use std::sync::Arc;

use offers_domain::ids::UserId;
use offers_domain::ports::{
    AccessClaims, AccessTokens, IdSource, RefreshTokens, SessionCache, Store, StoreError, TokenError,
};
use offers_domain::session::{RefreshHash, Session, SessionPolicy};
use offers_domain::user::Role;
use time::OffsetDateTime;

use crate::transact::{Done, transact};

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

/// Ends a session. The cache learns it before the store: a client that goes away in between leaves a session that is refused
/// too early, never one that lives on in the cache after its end.
async fn revoke(
    store: &dyn Store,
    cache: &dyn SessionCache,
    ids: &dyn IdSource,
    session: Session,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    cache.put(Session { revoked_at: session.revoked_at.or(Some(now)), ..session }).await;
    transact(store, ids, |unit| {
        Box::pin(async move {
            unit.revoke_session(session.id, now).await?;
            Ok(Done::Write(()))
        })
    })
    .await
}
