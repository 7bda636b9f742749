//! Ending sessions, in the store and wherever they are kept near.

use std::sync::Arc;

use offers_domain::audit::AuditEntry;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{Credentials, IdSource, Queries, SessionCache, Store, StoreError, UnitOfWork};
use offers_domain::session::Session;
use time::OffsetDateTime;

use crate::transact::{Done, transact};

/// Ends sessions. The caches learn it before the store: a client that goes away in between leaves a session that is refused
/// too early, never one that lives on in a cache after its end.
#[derive(Clone)]
pub struct Revocation {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Sessions near.
    pub cache: Arc<dyn SessionCache>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

impl Revocation {
    /// A person with their password's hash, as of one moment.
    pub(super) async fn person(&self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        let Some(known) = self.queries.user(user).await? else { return Ok(None) };
        self.queries.credentials(&known.username).await
    }

    /// Ends one session, which may have ended already. Of several who end it at once, one does, and leaves the trace.
    pub(super) async fn end(
        &self,
        session: Session,
        entry: AuditEntry,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.announce(&[session], now).await;
        if session.revoked_at.is_some() {
            return Ok(());
        }
        let entry = &entry;
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let live = unit.lock_live_sessions(session.user, now).await?;
                if !live.iter().any(|live| live.id == session.id) {
                    return Ok(Done::Nothing(()));
                }
                unit.revoke_sessions(&[session.id], now).await?;
                unit.record_audit(std::slice::from_ref(entry)).await?;
                Ok(Done::Write(()))
            })
        })
        .await
    }

    /// Tells the caches that a person's sessions, but one, end now. A unit that ends them with [`end_live`] must follow.
    pub(super) async fn forewarn(
        &self,
        user: UserId,
        but: Option<SessionId>,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let live = self.queries.live_sessions(user, now).await?;
        let ending = live.into_iter().map(|view| view.session).filter(|session| Some(session.id) != but);
        self.announce(&ending.collect::<Vec<_>>(), now).await;
        Ok(())
    }

    /// Tells the caches that these sessions have ended.
    pub(super) async fn announce(&self, sessions: &[Session], now: OffsetDateTime) {
        for session in sessions {
            let ended = Session { revoked_at: session.revoked_at.or(Some(now)), ..*session };
            self.cache.put(ended).await;
        }
    }
}

/// Ends a person's sessions, but one, inside a unit; those are to be announced once it is committed, because some may be
/// younger than the warning.
pub(super) async fn end_live(
    unit: &mut dyn UnitOfWork,
    user: UserId,
    but: Option<SessionId>,
    now: OffsetDateTime,
) -> Result<Vec<Session>, StoreError> {
    let live = unit.lock_live_sessions(user, now).await?;
    let ending: Vec<Session> =
        live.iter().map(|session| **session).filter(|session| Some(session.id) != but).collect();
    let ids: Vec<_> = ending.iter().map(|session| session.id).collect();
    unit.revoke_sessions(&ids, now).await?;
    Ok(ending)
}
