//! Logging out.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction};
use offers_domain::ports::{Clock, RefreshTokens, StoreError};
use offers_domain::session::Session;

use super::{Caller, Origin, Revocation, about};
use crate::transact::{Done, transact};

/// The use case.
pub struct Logout {
    /// The end of sessions.
    pub revocation: Revocation,
    /// Refresh tokens.
    pub refresh: Arc<dyn RefreshTokens>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Logout {
    /// Ends the session of a refresh token. Where the caller is known, only their own tokens count, and any other one ends
    /// the session that asks: whoever logs out is logged out. A stranger's token that nobody has changes nothing.
    pub async fn run(&self, token: &str, caller: Option<&Caller>, origin: &Origin) -> Result<(), StoreError> {
        let presented = self.presented(token).await?;
        let meant = match (presented, caller) {
            (Some(session), None) => Some(session),
            (Some(session), Some(caller)) if session.user == caller.user => Some(session),
            (_, Some(caller)) => self.revocation.queries.session(caller.session).await?,
            (None, None) => None,
        };
        let Some(session) = meant else { return Ok(()) };
        let (actor, now) = (Actor::User(session.user), self.clock.now());
        let entry = about(&session, actor, AuditAction::LoggedOut, origin, now);
        self.revocation.end(session, entry, now).await
    }

    /// The session of a refresh token, used or not.
    async fn presented(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let hash = self.refresh.hash(token);
        let Revocation { store, ids, .. } = &self.revocation;
        transact(&**store, &**ids, |unit| {
            Box::pin(async move {
                let presented = unit.lock_refresh_token(hash).await?;
                Ok(Done::Nothing(presented.map(|presented| *presented.session)))
            })
        })
        .await
    }
}
