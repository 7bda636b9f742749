//! Browsing the catalogue: the cache first, the store behind it, and what was read before where neither has an answer.

use std::sync::Arc;

use offers_domain::ids::OfferId;
use offers_domain::offer::Offer;
use offers_domain::page::Page;
use offers_domain::ports::{Clock, OfferCache, OfferListQuery, OfferLookup, Queries, StoreError};
use time::Duration;

use crate::fallback::{Fallback, Known};

/// How old a page from the cache may be.
const CACHED_FOR: Duration = Duration::minutes(5);

/// The use case.
pub struct ListOffers {
    /// Pages near.
    pub cache: Arc<dyn OfferCache>,
    /// Reads.
    pub queries: Arc<dyn Queries>,
    /// Pages and offers from before, for when the store does not answer.
    pub fallback: Fallback,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl ListOffers {
    /// A page of the offers on sale. What is sold no more is never on it; what goes on sale at a set hour may appear up to
    /// 5 minutes late.
    pub async fn run(&self, query: &OfferListQuery) -> Result<Known<Page<Offer>>, StoreError> {
        let known = self.fallback.read_or(self.page(query), |known| known.page(query)).await?;
        Ok(known.map(|mut page| {
            let now = self.clock.now();
            page.items.retain(|offer| offer.on_sale(now));
            page
        }))
    }

    /// One offer, on sale or not.
    pub async fn offer(&self, id: OfferId) -> Result<Option<Known<Offer>>, StoreError> {
        let read = async {
            let offer = self.queries.offer(id).await?;
            if let Some(offer) = &offer {
                self.fallback.last_known.keep_offer(offer);
            }
            Ok(Known::current(offer))
        };
        let known = self.fallback.read_or(read, |known| known.offer(id).map(|kept| kept.map(Some)));
        Ok(known.await?.transpose())
    }

    async fn page(&self, query: &OfferListQuery) -> Result<Known<Page<Offer>>, StoreError> {
        if !is_asked_often(query) {
            return Ok(Known::current(self.read(query).await?));
        }
        let edition = match self.cache.get(query).await {
            OfferLookup::Found(page) if self.is_current(&page) => {
                return Ok(self.fallback.cached(page, CACHED_FOR));
            }
            OfferLookup::Found(_) => None,
            OfferLookup::Missing(edition) => edition,
        };
        let page = self.read(query).await?;
        if let Some(edition) = edition {
            self.cache.put(query, &page, edition).await;
        }
        Ok(Known::current(page))
    }

    async fn read(&self, query: &OfferListQuery) -> Result<Page<Offer>, StoreError> {
        let now = self.clock.now();
        let page = self.queries.offers_on_sale(&query.filter, query.sort, &query.page, now).await?;
        self.fallback.last_known.keep_page(query, &page);
        Ok(page)
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
