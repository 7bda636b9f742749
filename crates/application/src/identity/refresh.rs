//! Trading a refresh token for the next pair.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction};
use offers_domain::ports::{Clock, StoreError, TokenError};
use offers_domain::session::{RefreshToken, Rotation, Session};
use thiserror::Error;

use super::{Origin, Revocation, TokenIssuer, TokenPair, about};
use crate::transact::{Done, transact};

/// Why there is no next pair.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RefreshError {
    /// The token is unknown, used, too old, or its session is over: clients are not told which.
    #[error("the refresh token is not valid")]
    InvalidToken,
    /// No token could be made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct Refresh {
    /// Units of work, and the end of a session whose token was used twice.
    pub revocation: Revocation,
    /// Tokens.
    pub tokens: TokenIssuer,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

enum Outcome {
    Rotated(TokenPair),
    Reused(Session),
    Refused,
}

impl Refresh {
    /// Uses the token up and issues the next pair. A token that was used before ends its whole session, but for the
    /// moment in which its first answer may have been lost.
    pub async fn run(&self, token: &str, origin: &Origin) -> Result<TokenPair, RefreshError> {
        let hash = self.tokens.refresh.hash(token);
        let now = self.clock.now();
        let Revocation { store, ids, .. } = &self.revocation;
        let outcome = transact(&**store, &**ids, |unit| {
            Box::pin(async move {
                let Some(presented) = unit.lock_refresh_token(hash).await? else {
                    return Ok(Done::Nothing(Ok(Outcome::Refused)));
                };
                let (session, policy) = (*presented.session, &self.tokens.policy);
                let (spent, expires_at) =
                    match session.rotate(&presented.token, &presented.children, policy, now) {
                        Rotation::Refuse => return Ok(Done::Nothing(Ok(Outcome::Refused))),
                        Rotation::RevokeFamily => return Ok(Done::Nothing(Ok(Outcome::Reused(session)))),
                        Rotation::Rotate { spent, expires_at } => (spent, expires_at),
                    };
                let users = unit.find_users(&[session.user]).await?;
                let Some(role) = users.first().filter(|user| user.is_active).map(|user| user.role) else {
                    return Ok(Done::Nothing(Ok(Outcome::Refused)));
                };
                let (pair, issued) = match self.tokens.issue(&session, role, now) {
                    Ok(issued) => issued,
                    Err(error) => return Ok(Done::Nothing(Err(error))),
                };
                let successor = RefreshToken {
                    hash: issued,
                    session: session.id,
                    parent: Some(hash),
                    expires_at,
                    used_at: None,
                };
                unit.rotate_refresh_token(spent, &successor, now).await?;
                let actor = Actor::User(session.user);
                unit.record_audit(&[about(&session, actor, AuditAction::TokenRefreshed, origin, now)])
                    .await?;
                Ok(Done::Write(Ok(Outcome::Rotated(pair))))
            })
        })
        .await??;
        match outcome {
            Outcome::Rotated(pair) => Ok(pair),
            Outcome::Refused => Err(RefreshError::InvalidToken),
            Outcome::Reused(session) => {
                tracing::warn!(session.id = %session.id, "a refresh token was used twice; its session ends");
                let entry = about(&session, Actor::Anonymous, AuditAction::TokenReused, origin, now);
                self.revocation.end(session, entry, now).await?;
                Err(RefreshError::InvalidToken)
            }
        }
    }
}
