//! Pages of the catalogue, kept in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Clock, Edition, OfferCache, OfferListQuery, OfferLookup};
use time::Duration;

use crate::shelf::Shelf;

/// Pages of offers in memory.
pub struct LocalOfferCache {
    shelf: Shelf<OfferListQuery, (Edition, Arc<Page<Offer>>)>,
    edition: AtomicU64,
    stays: Duration,
}

impl LocalOfferCache {
    /// Room for `capacity` pages, each kept for `stays`.
    pub fn new(capacity: u64, stays: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { shelf: Shelf::new(capacity, clock), edition: AtomicU64::new(0), stays }
    }

    /// Drops a page.
    pub(crate) fn forget(&self, query: &OfferListQuery) {
        self.shelf.remove(query);
    }

    /// Drops every page.
    pub(crate) fn begin_edition(&self) {
        self.edition.fetch_add(1, Ordering::SeqCst);
    }

    fn edition(&self) -> Edition {
        Edition(self.edition.load(Ordering::SeqCst).into())
    }
}

#[async_trait]
impl OfferCache for LocalOfferCache {
    async fn get(&self, query: &OfferListQuery) -> OfferLookup {
        let current = self.edition();
        match self.shelf.get(query) {
            Some((edition, page)) if edition == current => OfferLookup::Found(Page::clone(&page)),
            _ => OfferLookup::Missing(Some(current)),
        }
    }

    async fn put(&self, query: &OfferListQuery, page: &Page<Offer>, edition: Edition) {
        let good_until = self.shelf.now().saturating_add(self.stays);
        let kept = (edition, Arc::new(page.clone()));
        self.shelf.put(query.clone(), kept, good_until, |(before, _)| before.0 <= edition.0);
    }

    async fn clear(&self) {
        self.begin_edition();
    }
}
