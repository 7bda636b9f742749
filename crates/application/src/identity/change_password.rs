//! A person's own new password.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::password::{NewPassword, PasswordRefusal};
use offers_domain::ports::{Clock, Credentials, PasswordError, Passwords, StoreError};
use thiserror::Error;
use time::Duration;

use super::revocation::end_live;
use super::{Caller, Origin, Revocation, Tries};
use crate::transact::{Done, transact};

/// Why a password stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChangePasswordError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// The current password is another one.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Too many tries before this one: it may be made after so long.
    #[error("too many tries")]
    TooManyTries(Duration),
    /// The new one is not good enough.
    #[error(transparent)]
    Refused(#[from] PasswordRefusal),
    /// It could not be checked or hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ChangePassword {
    /// Units of work, and the end of the other sessions.
    pub revocation: Revocation,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Who tried what: a stolen access token is not a way to guess the password.
    pub tries: Tries,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl ChangePassword {
    /// Replaces the caller's password and ends every other session of theirs: whoever knew the old one is out.
    pub async fn run(
        &self,
        caller: &Caller,
        current: String,
        new: &str,
        origin: &Origin,
    ) -> Result<(), ChangePasswordError> {
        let known = self.credentials(caller).await?;
        let new = NewPassword::try_new(new, &known.user.username, &known.user.email)?;
        let login = self.tries.begin(&known.user.username, origin).await;
        let login = login.map_err(ChangePasswordError::TooManyTries)?;
        let verification = self.passwords.verify(current, Some(known.password_hash.clone())).await?;
        if !verification.matches {
            return Err(ChangePasswordError::WrongPassword);
        }
        self.tries.succeeded(&login).await;
        let hash = self.passwords.hash(new.into_text()).await?;
        self.replace(caller, &known, &hash, origin).await
    }

    async fn credentials(&self, caller: &Caller) -> Result<Credentials, ChangePasswordError> {
        let queries = &self.revocation.queries;
        let user = queries.user(caller.user).await?.ok_or(ChangePasswordError::WrongPassword)?;
        queries.credentials(&user.username).await?.ok_or(ChangePasswordError::WrongPassword)
    }

    async fn replace(
        &self,
        caller: &Caller,
        known: &Credentials,
        hash: &str,
        origin: &Origin,
    ) -> Result<(), ChangePasswordError> {
        let (user, but, now) = (caller.user, Some(caller.session), self.clock.now());
        let entry =
            AuditEntry::new(Actor::User(user), AuditAction::PasswordChanged, Subject::User(user), now)
                .with("session", caller.session)
                .in_request(origin.request.as_ref());
        let entry = &entry;
        self.revocation.forewarn(user, but, now).await?;
        let ended = transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                let current = unit.lock_credentials(&[user]).await?;
                if unit.live_sessions(&[caller.session], now).await?.is_empty() {
                    return Ok(Done::Nothing(Err(ChangePasswordError::SessionEnded)));
                }
                // Somebody else may have been faster: then the password that was checked is not the current one.
                if current.first().is_none_or(|current| current.password_hash != known.password_hash) {
                    return Ok(Done::Nothing(Err(ChangePasswordError::WrongPassword)));
                }
                unit.set_password_hash(user, hash, now).await?;
                let ended = end_live(unit, user, but, now).await?;
                unit.record_audit(&[entry.clone().with("sessions_ended", ended.len())]).await?;
                Ok(Done::Write(Ok(ended)))
            })
        })
        .await??;
        self.revocation.announce(&ended, now).await;
        Ok(())
    }
}
