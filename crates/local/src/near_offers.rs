//! Pages of the catalogue: kept in this process before the cache that processes share.

use std::sync::Arc;

use async_trait::async_trait;
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{
    Clock, Edition, OfferCache, OfferListQuery, OfferLookup, Signal, SignalRelay, SignalSink,
};
use time::Duration;

use crate::LocalOfferCache;

/// A page is asked for again after so long: it bounds what a process that missed a signal serves.
const STAYS: Duration = Duration::seconds(10);

/// Pages in memory, and behind them those that processes share. A change of the catalogue is told to the others.
pub struct NearOffers {
    near: LocalOfferCache,
    far: Arc<dyn OfferCache>,
    relay: Arc<dyn SignalRelay>,
}

impl NearOffers {
    /// Room for `capacity` pages before `far`. The listener of `relay` must deliver to this cache.
    pub fn new(
        capacity: u64,
        far: Arc<dyn OfferCache>,
        relay: Arc<dyn SignalRelay>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { near: LocalOfferCache::new(capacity, STAYS, clock), far, relay }
    }
}

#[async_trait]
impl OfferCache for NearOffers {
    async fn get(&self, query: &OfferListQuery) -> OfferLookup {
        let near = match self.near.get(query).await {
            OfferLookup::Missing(edition) => edition,
            found @ OfferLookup::Found(_) => return found,
        };
        let found = self.far.get(query).await;
        if let (OfferLookup::Found(page), Some(edition)) = (&found, near) {
            // Of the edition from before the question: a change that came between drops it.
            self.near.put(query, page, edition).await;
        }
        found
    }

    async fn put(&self, query: &OfferListQuery, page: &Page<Offer>, edition: Edition) {
        self.far.put(query, page, edition).await;
        self.near.forget(query);
    }

    async fn clear(&self) {
        self.near.clear().await;
        self.far.clear().await;
        // Again, for a page that somebody brought from the far cache in between.
        self.near.clear().await;
        self.relay.send(Signal::CatalogueChanged).await;
    }
}

impl SignalSink for NearOffers {
    fn deliver(&self, signal: &Signal) {
        match signal {
            Signal::CatalogueChanged | Signal::Missed => self.near.begin_edition(),
            Signal::Work | Signal::Changed(_) | Signal::SessionEnded(_) => {}
        }
    }
}
