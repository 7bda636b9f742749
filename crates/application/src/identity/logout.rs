//! Logging out.

use std::sync::Arc;

use offers_domain::ports::{Clock, IdSource, RefreshTokens, SessionCache, Store, StoreError};
use offers_domain::session::Session;

use super::Caller;
use crate::transact::{Done, transact};

/// The use case.
pub struct Logout {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Sessions near.
    pub sessions: Arc<dyn SessionCache>,
    /// Refresh tokens.
    pub refresh: Arc<dyn RefreshTokens>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

impl Logout {
    /// Ends the session of a refresh token; one that is unknown, or whose session is over, changes nothing. Where the
    /// caller is known, only their own tokens count.
    pub async fn run(&self, token: &str, caller: Option<&Caller>) -> Result<(), StoreError> {
        let hash = self.refresh.hash(token);
        let now = self.clock.now();
        let user = caller.map(|caller| caller.user);
        let ended = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let presented = unit.lock_refresh_token(hash).await?;
                let theirs = presented
                    .map(|presented| *presented.session)
                    .filter(|session| user.is_none_or(|user| session.user == user));
                let Some(session) = theirs else { return Ok(Done::Nothing(None)) };
                unit.revoke_session(session.id, now).await?;
                let revoked_at = session.revoked_at.or(Some(now));
                Ok(Done::Write(Some(Session { revoked_at, ..session })))
            })
        })
        .await?;
        if let Some(session) = ended {
            self.sessions.put(session).await;
        }
        Ok(())
    }
}
