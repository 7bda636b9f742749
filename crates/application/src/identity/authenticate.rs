//! Knowing a caller by the access token.

use std::sync::Arc;

use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{AccessTokens, Clock, Queries, SessionCache, StoreError};
use offers_domain::session::Session;
use offers_domain::user::Role;
use thiserror::Error;

use crate::fallback::{Fallback, Known};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// The login that their token belongs to.
    pub session: SessionId,
}

/// Why a caller is not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthenticateError {
    /// The token is not good, or its session is over: clients are not told which.
    #[error("the access token is not valid")]
    InvalidToken,
    /// Whether the session lives could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct Authenticate {
    /// Checks tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Sessions near.
    pub sessions: Arc<dyn SessionCache>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Sessions from before, for when the store does not answer.
    pub fallback: Fallback,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Authenticate {
    /// Checks the token and that its session lives: a logout works at once, not when the token expires.
    pub async fn run(&self, token: &str) -> Result<Caller, AuthenticateError> {
        let claims =
            self.tokens.verify(token, self.clock.now()).map_err(|_| AuthenticateError::InvalidToken)?;
        let caller = Caller { user: claims.user, role: claims.role, session: claims.session };
        self.check(&caller).await?;
        Ok(caller)
    }

    /// Checks that the session of a caller lives, for what goes on after the request was let in.
    pub async fn check(&self, caller: &Caller) -> Result<(), AuthenticateError> {
        let session = if let Some(session) = self.sessions.get(caller.session).await {
            session
        } else {
            self.look_up(caller.session).await?.ok_or(AuthenticateError::InvalidToken)?
        };
        if session.user == caller.user && session.is_live(self.clock.now()) {
            Ok(())
        } else {
            Err(AuthenticateError::InvalidToken)
        }
    }

    async fn look_up(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let read = async {
            let stored = self.queries.session(id).await?;
            if let Some(session) = stored {
                self.sessions.put(session).await;
            }
            Ok(Known::current(stored))
        };
        let known = self.fallback.read_or(read, |known| known.session(id).map(|kept| kept.map(Some)));
        Ok(known.await?.value)
    }
}
