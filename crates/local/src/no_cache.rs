//! No cache at all.

use async_trait::async_trait;
use offers_domain::ids::{SessionId, TransactionId};
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Edition, OfferCache, OfferListQuery, OfferLookup, SessionCache, StatusCache};
use offers_domain::session::Session;
use offers_domain::views::StatusView;
use time::OffsetDateTime;

/// Keeps nothing: stands behind the near caches of processes that share a store and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct NoCache;

#[async_trait]
impl StatusCache for NoCache {
    async fn get(&self, _: TransactionId) -> Option<StatusView> {
        None
    }

    async fn put(&self, _: &[StatusView], _: OffsetDateTime) {}
}

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
