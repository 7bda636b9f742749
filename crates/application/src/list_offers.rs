//! Browsing the catalogue: the cache first, the store behind it.

use std::sync::Arc;

use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Clock, OfferCache, OfferListQuery, OfferLookup, Queries, StoreError};

/// The use case.
pub struct ListOffers {
    /// Pages near.
    pub cache: Arc<dyn OfferCache>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl ListOffers {
    /// A page of the offers on sale. What is sold no more is never on it; what goes on sale at a set hour may appear up to
    /// 5 minutes late.
    pub async fn run(&self, query: &OfferListQuery) -> Result<Page<Offer>, StoreError> {
        if !is_asked_often(query) {
            return self.read(query).await;
        }
        let edition = match self.cache.get(query).await {
            OfferLookup::Found(page) if self.is_current(&page) => return Ok(page),
            OfferLookup::Found(_) => None,
            OfferLookup::Missing(edition) => edition,
        };
        let page = self.read(query).await?;
        if let Some(edition) = edition {
            self.cache.put(query, &page, edition).await;
        }
        Ok(page)
    }

    async fn read(&self, query: &OfferListQuery) -> Result<Page<Offer>, StoreError> {
        let now = self.clock.now();
        self.queries.offers_on_sale(&query.filter, query.sort, &query.page, now).await
    }

    fn is_current(&self, page: &Page<Offer>) -> bool {
        let now = self.clock.now();
        page.items.iter().all(|offer| offer.on_sale(now))
    }
}

/// First pages without a search: the ones that every client opens, and few enough that no client can fill the cache.
fn is_asked_often(query: &OfferListQuery) -> bool {
    let filter = &query.filter;
    let searches = filter.text.is_some() || filter.min_price.is_some() || filter.max_price.is_some();
    !searches && query.page.after.is_none()
}
