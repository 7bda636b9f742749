//! Logging out.

use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction};
use offers_domain::ports::{Clock, RefreshTokens, StoreError};

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
    /// Ends the session of a refresh token; one that is unknown, or whose session is over, changes nothing. Where the
    /// caller is known, only their own tokens count.
    pub async fn run(&self, token: &str, caller: Option<&Caller>, origin: &Origin) -> Result<(), StoreError> {
        let hash = self.refresh.hash(token);
        let user = caller.map(|caller| caller.user);
        let Revocation { store, ids, .. } = &self.revocation;
        let presented = transact(&**store, &**ids, |unit| {
            Box::pin(async move {
                let presented = unit.lock_refresh_token(hash).await?;
                Ok(Done::Nothing(presented.map(|presented| *presented.session)))
            })
        })
        .await?;
        match presented {
            Some(session) if user.is_none_or(|user| session.user == user) => {
                let (actor, now) = (Actor::User(session.user), self.clock.now());
                let entry = about(&session, actor, AuditAction::LoggedOut, origin, now);
                self.revocation.end(session, entry, now).await
            }
            _ => Ok(()),
        }
    }
}
