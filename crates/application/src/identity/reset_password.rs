//! Somebody else's new password, by staff or from the command line.

use std::sync::Arc;

use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ids::UserId;
use offers_domain::password::{NewPassword, PasswordRefusal};
use offers_domain::ports::{Clock, Credentials, PasswordError, Passwords, StoreError};
use thiserror::Error;

use super::manage_access::ManageAccessError;
use super::revocation::end_live;
use super::{Deed, Revocation};
use crate::seen::Seen;
use crate::transact::{Done, transact};

/// Why a password stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResetPasswordError {
    /// There is no such person, it takes a higher role, or the login that asks is over.
    #[error(transparent)]
    Access(#[from] ManageAccessError),
    /// It is not good enough.
    #[error(transparent)]
    Refused(#[from] PasswordRefusal),
    /// It could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ResetPassword {
    /// Units of work, and the end of sessions.
    pub revocation: Revocation,
    /// Password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl ResetPassword {
    /// Replaces a person's password, if they are still the one that was seen, and ends all their sessions.
    pub async fn run(
        &self,
        user: UserId,
        password: &str,
        seen: &Seen<Credentials>,
        deed: Deed<'_>,
    ) -> Result<(), ResetPasswordError> {
        let known = self.revocation.person(user).await?.ok_or(ManageAccessError::UnknownUser)?;
        if !deed.concerns(&known.user) {
            return Err(ManageAccessError::Forbidden.into());
        }
        seen.check(&known).map_err(ManageAccessError::Overtaken)?;
        let password = NewPassword::try_new(password, &known.user.username, &known.user.email)?;
        let hash = self.passwords.hash(password.into_text()).await?;
        let (hash, now) = (hash.as_str(), self.clock.now());
        let entry = &deed.entry(AuditAction::PasswordChanged, Subject::User(user), now);
        self.revocation.forewarn(user, None, now).await?;
        let ended = transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                // Somebody may have given them a higher role meanwhile.
                let current = unit.lock_credentials(&[user]).await?;
                if !deed.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(ManageAccessError::SessionEnded)));
                }
                let refusal = match current.first() {
                    None => Some(ManageAccessError::UnknownUser),
                    Some(current) if !deed.concerns(&current.user) => Some(ManageAccessError::Forbidden),
                    Some(current) => seen.check(current).err().map(ManageAccessError::Overtaken),
                };
                if let Some(refusal) = refusal {
                    return Ok(Done::Nothing(Err(refusal)));
                }
                unit.set_password_hash(user, hash, now).await?;
                let ended = end_live(unit, user, None, now).await?;
                unit.record_audit(&[entry.clone().with("sessions_ended", ended.len())]).await?;
                Ok(Done::Write(Ok(ended)))
            })
        })
        .await??;
        self.revocation.announce(&ended, now).await;
        Ok(())
    }
}
