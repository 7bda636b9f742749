//! No cache at all.

use async_trait::async_trait;
use offers_domain::ids::SessionId;
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Edition, OfferCache, OfferListQuery, OfferLookup, SessionCache};
use offers_domain::session::Session;

/// Keeps nothing, so that every request reads the store: for several processes that share no cache, where one must see at
/// once what another has revoked or changed.
#[derive(Debug, Clone, Copy)]
pub struct NoCache;

#[async_trait]
impl SessionCache for NoCache {
    async fn get(&self, _: SessionId) -> Option<Session> {
        None
    }

    async fn put(&self, _: Session) {}
}

#[async_trait]
impl OfferCache for NoCache {
    async fn get(&self, _: &OfferListQuery) -> OfferLookup {
        OfferLookup::Missing(None)
    }

    async fn put(&self, _: &OfferListQuery, _: &Page<Offer>, _: Edition) {}

    async fn clear(&self) {}
}
