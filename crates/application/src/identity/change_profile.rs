//! How a person wants to be told: their telephone number and their language.

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::ports::StoreError;
use offers_domain::user::{Locale, Phone, User};
use thiserror::Error;

use super::{Caller, Origin, Revocation};
use crate::transact::{Done, transact};

/// What changes; the rest stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChange {
    /// Their number, or none any more.
    pub phone: Option<Option<Phone>>,
    /// Their language.
    pub locale: Option<Locale>,
}

/// Why a profile stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChangeProfileError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ChangeProfile {
    /// Units of work.
    pub revocation: Revocation,
}

impl ChangeProfile {
    /// Changes the caller's own profile. What is so already leaves no trace; the trail says what changed, not to what.
    pub async fn run(
        &self,
        caller: &Caller,
        change: &ProfileChange,
        origin: &Origin,
    ) -> Result<User, ChangeProfileError> {
        let Revocation { store, ids, .. } = &self.revocation;
        transact(&**store, &**ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let Some(known) = unit.lock_credentials(&[caller.user]).await?.pop() else {
                    return Ok(Done::Nothing(Err(ChangeProfileError::SessionEnded)));
                };
                if unit.live_sessions(&[caller.session], now).await?.is_empty() {
                    return Ok(Done::Nothing(Err(ChangeProfileError::SessionEnded)));
                }
                let before = &known.user;
                let phone =
                    change.phone.as_ref().map(|phone| phone.as_ref().map(|phone| phone.as_str().to_owned()));
                let after = User {
                    phone: phone.unwrap_or_else(|| before.phone.clone()),
                    locale: change.locale.unwrap_or(before.locale),
                    ..before.clone()
                };
                if after == *before {
                    return Ok(Done::Nothing(Ok(after)));
                }
                unit.set_contact(&after, now).await?;
                let (actor, subject) = (Actor::User(caller.user), Subject::User(caller.user));
                let entry = AuditEntry::new(actor, AuditAction::ProfileChanged, subject, now)
                    .with("phone_changed", after.phone != before.phone)
                    .with("locale", after.locale)
                    .in_request(origin.request.as_ref());
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(after)))
            })
        })
        .await?
    }
}
