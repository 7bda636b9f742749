//! Login sessions: kept in this process before the cache that processes share.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::ids::SessionId;
use offers_domain::ports::{Clock, SessionCache, Signal, SignalRelay, SignalSink};
use offers_domain::session::Session;
use time::Duration;

use crate::LocalSessionCache;
use crate::shelf::Shelf;

/// A session is asked for again after so long: it bounds what a process that missed a signal believes.
const STAYS: Duration = Duration::seconds(5);

/// Sessions in memory, and behind them those that processes share. An end that is learned here is told to the others; one
/// that is learned elsewhere counts here as soon as its signal arrives.
pub struct NearSessions {
    near: LocalSessionCache,
    /// Ended elsewhere: what a slower read brings along is not believed.
    ended: Shelf<SessionId, ()>,
    far: Arc<dyn SessionCache>,
    relay: Arc<dyn SignalRelay>,
    clock: Arc<dyn Clock>,
}

impl NearSessions {
    /// Room for `capacity` sessions before `far`. The listener of `relay` must deliver to this cache.
    pub fn new(
        capacity: u64,
        far: Arc<dyn SessionCache>,
        relay: Arc<dyn SignalRelay>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let near = LocalSessionCache::new(capacity, STAYS, clock.clone());
        Self { near, ended: Shelf::new(capacity, clock.clone()), far, relay, clock }
    }

    fn has_ended(&self, id: SessionId) -> bool {
        self.ended.get(&id).is_some()
    }
}

#[async_trait]
impl SessionCache for NearSessions {
    async fn get(&self, id: SessionId) -> Option<Session> {
        match self.near.get(id).await {
            Some(session) if session.revoked_at.is_some() || !self.has_ended(id) => return Some(session),
            _ => {}
        }
        let session = self.far.get(id).await?;
        if session.revoked_at.is_none() && self.has_ended(id) {
            // What processes share has not heard of the end yet: only the store knows.
            return None;
        }
        self.near.put(session).await;
        Some(session)
    }

    async fn put(&self, session: Session) {
        if session.revoked_at.is_none() && self.has_ended(session.id) {
            return;
        }
        self.near.put(session).await;
        self.far.put(session).await;
        if session.revoked_at.is_some() {
            self.relay.send(Signal::SessionEnded(session.id)).await;
        }
    }
}

impl SignalSink for NearSessions {
    fn deliver(&self, signal: &Signal) {
        match signal {
            Signal::SessionEnded(id) => {
                self.ended.put(*id, (), self.clock.now().saturating_add(STAYS * 2), |()| true);
            }
            Signal::Missed => self.near.forget_all(),
            Signal::Work | Signal::Changed(_) | Signal::CatalogueChanged => {}
        }
    }
}
