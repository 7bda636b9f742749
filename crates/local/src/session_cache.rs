//! Login sessions, kept in this process.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::SessionId;
use offers_domain::ports::{Clock, SessionCache};
use offers_domain::session::Session;
use time::Duration;

use crate::shelf::Shelf;

/// Sessions in memory.
pub struct LocalSessionCache {
    shelf: Shelf<SessionId, Session>,
    lifetime: Duration,
}

impl LocalSessionCache {
    /// Room for `capacity` sessions, each kept for `lifetime`: that of an access token is enough.
    pub fn new(capacity: u64, lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { shelf: Shelf::new(capacity, clock), lifetime }
    }

    pub(crate) fn forget_all(&self) {
        self.shelf.clear();
    }
}

#[async_trait]
impl SessionCache for LocalSessionCache {
    async fn get(&self, id: SessionId) -> Option<Session> {
        self.shelf.get(&id)
    }

    async fn put(&self, session: Session) {
        let good_until = self.shelf.now().saturating_add(self.lifetime);
        let revoked = session.revoked_at.is_some();
        self.shelf.put(session.id, session, good_until, |kept| revoked || kept.revoked_at.is_none());
    }
}
