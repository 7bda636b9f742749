//! Pages of the catalogue, fast.

use async_trait::async_trait;

use super::{OfferFilter, OfferKey};
use crate::offer::{Offer, OfferSort};
use crate::page::{Page, PageRequest};

/// Which page of the catalogue: what a cache finds it by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OfferListQuery {
    /// Which offers.
    pub filter: OfferFilter,
    /// In which order.
    pub sort: OfferSort,
    /// Which of them.
    pub page: PageRequest<OfferKey>,
}

/// The catalogue between two changes. Only the cache that gave it out can tell what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition(pub u128);

/// What a cache knows of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferLookup {
    /// The page.
    Found(Page<Offer>),
    /// Nothing. A page that is read from the store from now on belongs to this edition; none where the cache cannot keep
    /// it.
    Missing(Option<Edition>),
}

/// Keeps pages of offers near, for up to 5 minutes. Orders never read it: they are priced by the store. Nothing here fails:
/// a cache that cannot answer answers nothing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OfferCache: Send + Sync {
    /// The page, if it is here and no change of the catalogue was announced since it was read.
    async fn get(&self, query: &OfferListQuery) -> OfferLookup;

    /// Keeps a page that was read from the store after [`get`](Self::get) named the edition. If the catalogue has changed
    /// since, the page is never served.
    async fn put(&self, query: &OfferListQuery, page: &Page<Offer>, edition: Edition);

    /// Drops every page: called after each commit that changed the catalogue.
    async fn clear(&self);
}
