//! A person's own sessions, ended from another device.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, Subject};
use offers_domain::ids::SessionId;
use offers_domain::ports::{Clock, StoreError};

use super::revocation::end_live;
use super::{Caller, Origin, Revocation, about};
use crate::transact::{Done, transact};

/// The use case.
pub struct EndSessions {
    /// The end of sessions.
    pub revocation: Revocation,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl EndSessions {
    /// Ends one of the caller's live sessions; false where they have no such session.
    pub async fn one(&self, caller: &Caller, id: SessionId, origin: &Origin) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let session = self.revocation.queries.session(id).await?;
        match session.filter(|session| session.user == caller.user && session.is_live(now)) {
            Some(session) => {
                let actor = Actor::User(caller.user);
                let entry = about(&session, actor, AuditAction::SessionsRevoked, origin, now);
                self.revocation.end(session, entry, now).await.map(|()| true)
            }
            None => Ok(false),
        }
    }

    /// Ends all of the caller's sessions but the one that asks; says how many, or nothing where that one is over itself.
    pub async fn others(&self, caller: &Caller, origin: &Origin) -> Result<Option<usize>, StoreError> {
        let (user, but, now) = (caller.user, Some(caller.session), self.clock.now());
        let entry =
            &AuditEntry::new(Actor::User(user), AuditAction::SessionsRevoked, Subject::User(user), now)
                .in_request(origin.request.as_ref());
        self.revocation.forewarn(user, but, now).await?;
        let ended = transact(&*self.revocation.store, &*self.revocation.ids, |unit| {
            Box::pin(async move {
                if unit.live_sessions(&[caller.session], now).await?.is_empty() {
                    return Ok(Done::Nothing(None));
                }
                let ended = end_live(unit, user, but, now).await?;
                if ended.is_empty() {
                    return Ok(Done::Nothing(Some(ended)));
                }
                unit.record_audit(&[entry.clone().with("sessions_ended", ended.len())]).await?;
                Ok(Done::Write(Some(ended)))
            })
        })
        .await?;
        let Some(ended) = ended else { return Ok(None) };
        self.revocation.announce(&ended, now).await;
        Ok(Some(ended.len()))
    }
}
