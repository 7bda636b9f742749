//! Sessions that this process has seen.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::SessionId;
use offers_domain::ports::{LastKnown, SessionCache};
use offers_domain::session::Session;

/// A cache of sessions, and what this process remembers of those that went through it.
pub struct WitnessedSessions {
    /// The cache.
    pub cache: Arc<dyn SessionCache>,
    /// The memory.
    pub last_known: Arc<dyn LastKnown>,
}

#[async_trait]
impl SessionCache for WitnessedSessions {
    async fn get(&self, id: SessionId) -> Option<Session> {
        let session = self.cache.get(id).await?;
        let is_news = |kept: &Session| kept.revoked_at != session.revoked_at;
        if self.last_known.session(id).is_none_or(|kept| is_news(&kept.value)) {
            self.last_known.keep_session(&session);
        }
        Some(session)
    }

    async fn put(&self, session: Session) {
        self.last_known.keep_session(&session);
        self.cache.put(session).await;
    }
}
