//! Logging out.

use std::sync::Arc;

use offers_domain::ports::{Clock, IdSource, RefreshTokens, SessionCache, Store, StoreError};

use super::{Caller, revoke};
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
        let user = caller.map(|caller| caller.user);
        let presented = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let presented = unit.lock_refresh_token(hash).await?;
                Ok(Done::Nothing(presented.map(|presented| *presented.session)))
            })
        })
        .await?;
        match presented {
            Some(session) if user.is_none_or(|user| session.user == user) => {
                revoke(&*self.store, &*self.sessions, &*self.ids, session, self.clock.now()).await
            }
            _ => Ok(()),
        }
    }
}
