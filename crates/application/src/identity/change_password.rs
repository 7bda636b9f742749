//! A person's own new password.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::password::{NewPassword, PasswordRefusal};
use offers_domain::ports::{Clock, Credentials, PasswordError, Passwords, StoreError};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

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
            return self.refuse(caller, origin).await;
        }
        self.tries.succeeded(&login).await;
        let hash = self.passwords.hash(new.into_text()).await?;
        self.replace(caller, &known, &hash, origin).await
    }

    /// Leaves a trace, as a login with a wrong password does; the tries bound how many.
    async fn refuse(&self, caller: &Caller, origin: &Origin) -> Result<(), ChangePasswordError> {
        let entry = &about_password(caller, AuditAction::PasswordRefused, origin, self.clock.now());
        transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                unit.record_audit(std::slice::from_ref(entry)).await?;
                Ok(Done::Write(()))
            })
        })
        .await?;
        Err(ChangePasswordError::WrongPassword)
    }

    async fn credentials(&self, caller: &Caller) -> Result<Credentials, ChangePasswordError> {
        self.revocation.person(caller.user).await?.ok_or(ChangePasswordError::WrongPassword)
    }

    async fn replace(
        &self,
        caller: &Caller,
        known: &Credentials,
        hash: &str,
        origin: &Origin,
    ) -> Result<(), ChangePasswordError> {
        let (user, but, now) = (caller.user, Some(caller.session), self.clock.now());
        let entry = &about_password(caller, AuditAction::PasswordChanged, origin, now);
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

/// What the caller did about their password, in which session.
fn about_password(caller: &Caller, action: AuditAction, origin: &Origin, now: OffsetDateTime) -> AuditEntry {
    AuditEntry::new(Actor::User(caller.user), action, Subject::User(caller.user), now)
        .with("session", caller.session)
        .in_request(origin.request.as_ref())
}
