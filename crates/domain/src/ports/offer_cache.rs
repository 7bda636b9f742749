//! Pages of the catalogue, fast.

use async_trait::async_trait;

use super::{OfferFilter, OfferKey};
use crate::offer::{Offer, OfferSort};
use crate::page::{Page, PageRequest};

/// Which page of the catalogue: what a cache finds it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferListQuery {
    /// Which offers.
    pub filter: OfferFilter,
    /// In which order.
    pub sort: OfferSort,
    /// Which of them.
    pub page: PageRequest<OfferKey>,
}

/// Keeps pages of offers near, for up to 5 minutes. Orders never read it: they are priced by the store. Nothing here fails:
/// a cache that cannot answer answers nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OfferCache: Send + Sync {
    /// The page, if it is here and no change of the catalogue was announced since.
    async fn get(&self, query: &OfferListQuery) -> Option<Page<Offer>>;

    /// Keeps a page as the store has it.
    async fn put(&self, query: &OfferListQuery, page: &Page<Offer>);

    /// Drops every page: called after each commit that changed the catalogue.
    async fn clear(&self);
}
