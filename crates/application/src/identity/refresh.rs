//! Trading a refresh token for the next pair.

use std::sync::Arc;

use offers_domain::ports::{Clock, IdSource, SessionCache, Store, StoreError, TokenError};
use offers_domain::session::{RefreshToken, Rotation, Session};
use thiserror::Error;

use super::{TokenIssuer, TokenPair, revoke};
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
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Sessions near.
    pub sessions: Arc<dyn SessionCache>,
    /// Tokens.
    pub tokens: TokenIssuer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

enum Outcome {
    Rotated(TokenPair),
    Reused(Session),
    Refused,
}

impl Refresh {
    /// Uses the token up and issues the next pair. A token that was used before ends its whole session.
    pub async fn run(&self, token: &str) -> Result<TokenPair, RefreshError> {
        let hash = self.tokens.refresh.hash(token);
        let now = self.clock.now();
        let outcome = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let Some(presented) = unit.lock_refresh_token(hash).await? else {
                    return Ok(Done::Nothing(Ok(Outcome::Refused)));
                };
                let session = *presented.session;
                match session.rotate(&presented.token, &self.tokens.policy, now) {
                    Rotation::Refuse => Ok(Done::Nothing(Ok(Outcome::Refused))),
                    Rotation::RevokeFamily => Ok(Done::Nothing(Ok(Outcome::Reused(session)))),
                    Rotation::Rotate { expires_at } => {
                        let users = unit.find_users(&[session.user]).await?;
                        let Some(role) = users.first().filter(|user| user.is_active).map(|user| user.role)
                        else {
                            return Ok(Done::Nothing(Ok(Outcome::Refused)));
                        };
                        let (pair, successor) = match self.tokens.issue(&session, role, now) {
                            Ok(issued) => issued,
                            Err(error) => return Ok(Done::Nothing(Err(error))),
                        };
                        let successor =
                            RefreshToken { hash: successor, session: session.id, expires_at, used_at: None };
                        unit.rotate_refresh_token(hash, &successor, now).await?;
                        Ok(Done::Write(Ok(Outcome::Rotated(pair))))
                    }
                }
            })
        })
        .await??;
        match outcome {
            Outcome::Rotated(pair) => Ok(pair),
            Outcome::Refused => Err(RefreshError::InvalidToken),
            Outcome::Reused(session) => {
                tracing::warn!(session.id = %session.id, "a refresh token was used twice; its session ends");
                revoke(&*self.store, &*self.sessions, &*self.ids, session, now).await?;
                Err(RefreshError::InvalidToken)
            }
        }
    }
}
