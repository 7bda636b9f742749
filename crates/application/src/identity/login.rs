//! Logging in.

use std::sync::Arc;

use offers_domain::ids::UserId;
use offers_domain::ports::{
    Clock, IdSource, PasswordError, Passwords, Queries, Store, StoreError, TokenError,
};
use offers_domain::session::{RefreshToken, Session};
use thiserror::Error;

use super::{TokenIssuer, TokenPair};
use crate::transact::{Done, transact};

/// Why nobody was logged in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoginError {
    /// No such user, a wrong password or a locked account: clients are not told which.
    #[error("the username or the password is wrong")]
    InvalidCredentials,
    /// Too many logins at once.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No token could be made.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct Login {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Tokens.
    pub tokens: TokenIssuer,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Session ids.
    pub ids: Arc<dyn IdSource>,
}

impl Login {
    /// Checks the password and opens a session. An unknown user costs the same time as a wrong password.
    pub async fn run(&self, username: &str, password: String) -> Result<TokenPair, LoginError> {
        let credentials = self.queries.credentials(username).await?;
        let hash = credentials.as_ref().map(|known| known.password_hash.clone());
        let verification = self.passwords.verify(password.clone(), hash).await?;
        let user = credentials
            .map(|known| known.user)
            .filter(|user| verification.matches && user.is_active)
            .ok_or(LoginError::InvalidCredentials)?;
        if verification.outdated
            && let Err(error) = self.rehash(user.id, password).await
        {
            tracing::warn!(%error, "a password hash could not be renewed; the next login tries again");
        }
        let now = self.clock.now();
        let session = Session::begin(self.ids.session_id(), user.id, &self.tokens.policy, now);
        let (pair, hash) = self.tokens.issue(&session, user.role, now)?;
        let expires_at = session.token_expiry(&self.tokens.policy, now);
        let token = RefreshToken { hash, session: session.id, expires_at, used_at: None };
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                unit.insert_session(&session, &token).await?;
                Ok(Done::Write(()))
            })
        })
        .await?;
        Ok(pair)
    }

    async fn rehash(&self, user: UserId, password: String) -> Result<(), LoginError> {
        let hash = self.passwords.hash(password).await?;
        let (hash, now) = (hash.as_str(), self.clock.now());
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                unit.set_password_hash(user, hash, now).await?;
                Ok(Done::Write(()))
            })
        })
        .await?;
        Ok(())
    }
}
