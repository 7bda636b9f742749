//! Locking people out, letting them in again, and what they may do.

use std::sync::Arc;

use offers_domain::audit::{AuditAction, AuditEntry, Subject};
use offers_domain::ids::UserId;
use offers_domain::ports::{Clock, Credentials, StoreError};
use offers_domain::user::{Role, User};
use thiserror::Error;
use time::OffsetDateTime;

use super::revocation::end_live;
use super::{Deed, Revocation};
use crate::seen::{Overtaken, Seen};
use crate::transact::{Done, transact};

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessChange {
    /// They cannot log in any more.
    Lock,
    /// They can log in again.
    Unlock,
    /// They may do what this role may.
    Role(Role),
}

impl AccessChange {
    /// The role of this person afterwards, and whether they may log in.
    fn of(self, user: &User) -> (Role, bool) {
        match self {
            Self::Lock => (user.role, false),
            Self::Unlock => (user.role, true),
            Self::Role(role) => (role, user.is_active),
        }
    }

    fn action(self) -> AuditAction {
        match self {
            Self::Lock => AuditAction::UserLocked,
            Self::Unlock => AuditAction::UserUnlocked,
            Self::Role(_) => AuditAction::RoleChanged,
        }
    }
}

/// Nobody gives away more than they have.
fn may(deed: &Deed<'_>, user: &User, change: AccessChange) -> bool {
    let (role, _) = change.of(user);
    deed.concerns(user) && deed.by.is_none_or(|by| by.role.may_manage(role))
}

fn entry(deed: &Deed<'_>, user: &User, change: AccessChange, now: OffsetDateTime) -> AuditEntry {
    let entry = deed.entry(change.action(), Subject::User(user.id), now);
    match change {
        AccessChange::Role(role) => entry.with("from", user.role).with("to", role),
        AccessChange::Lock | AccessChange::Unlock => entry,
    }
}

/// Why nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManageAccessError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no such person.
    #[error("there is no such user")]
    UnknownUser,
    /// It takes a higher role, or it would be about themselves.
    #[error("not allowed")]
    Forbidden,
    /// Somebody else was faster.
    #[error(transparent)]
    Overtaken(#[from] Overtaken),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ManageAccess {
    /// Units of work, and the end of sessions.
    pub revocation: Revocation,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl ManageAccess {
    /// Makes the change, if that person is still the one that was seen, and ends every session of theirs, since their
    /// access tokens say what they could do before. What is so already stays so without a trace.
    pub async fn run(
        &self,
        user: UserId,
        change: AccessChange,
        seen: &Seen<Credentials>,
        deed: Deed<'_>,
    ) -> Result<(), ManageAccessError> {
        let known = self.revocation.person(user).await?.ok_or(ManageAccessError::UnknownUser)?;
        if !may(&deed, &known.user, change) {
            return Err(ManageAccessError::Forbidden);
        }
        seen.check(&known)?;
        if change.of(&known.user) == (known.user.role, known.user.is_active) {
            return Ok(());
        }
        let now = self.clock.now();
        self.revocation.forewarn(user, None, now).await?;
        let ended = transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                let current = unit.lock_credentials(&[user]).await?;
                if !deed.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(ManageAccessError::SessionEnded)));
                }
                let Some(current) = current.first() else {
                    return Ok(Done::Nothing(Err(ManageAccessError::UnknownUser)));
                };
                if let Err(overtaken) = seen.check(current) {
                    return Ok(Done::Nothing(Err(overtaken.into())));
                }
                let current = &current.user;
                if !may(&deed, current, change) {
                    return Ok(Done::Nothing(Err(ManageAccessError::Forbidden)));
                }
                let (role, is_active) = change.of(current);
                if (role, is_active) == (current.role, current.is_active) {
                    return Ok(Done::Nothing(Ok(Vec::new())));
                }
                unit.set_access(user, role, is_active, now).await?;
                let ended = end_live(unit, user, None, now).await?;
                let entry = entry(&deed, current, change, now).with("sessions_ended", ended.len());
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(ended)))
            })
        })
        .await??;
        self.revocation.announce(&ended, now).await;
        Ok(())
    }
}
