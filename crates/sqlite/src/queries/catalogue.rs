//! Reads the catalogue.

use async_trait::async_trait;
use diesel::dsl::IntoBoxed;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferSort};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{CatalogueQueries, OfferFilter, OfferKey, StoreError};
use time::OffsetDateTime;

use super::overfetch;
use crate::catalogue;
use crate::rows::{OfferRow, micros};
use crate::schema::offers;
use crate::store::SqliteStore;

type Offers<'a> = IntoBoxed<'a, offers::table, Sqlite>;

#[async_trait]
impl CatalogueQueries for SqliteStore {
    async fn offers_on_sale(
        &self,
        filter: &OfferFilter,
        sort: OfferSort,
        page: &PageRequest<OfferKey>,
        now: OffsetDateTime,
    ) -> Result<Page<Offer>, StoreError> {
        let query = matching(on_sale(now), filter.clone());
        let query = sorted(query, sort, page.after.clone())?.limit(overfetch(page.limit));
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows = query.select(OfferRow::as_select()).load(connection)?;
                let offers = rows.into_iter().map(Offer::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(offers, limit))
            })
            .await
    }

    async fn offer(&self, id: OfferId) -> Result<Option<Offer>, StoreError> {
        self.readers.read(move |connection| catalogue::find(connection, id)).await
    }
}

fn on_sale(now: OffsetDateTime) -> Offers<'static> {
    let now = micros(now);
    offers::table
        .filter(offers::is_active.eq(true))
        .filter(offers::sale_from.is_null().or(offers::sale_from.le(now)))
        .filter(offers::sale_until.is_null().or(offers::sale_until.gt(now)))
        .into_boxed()
}

fn matching(mut query: Offers<'static>, filter: OfferFilter) -> Offers<'static> {
    if let Some(category) = filter.category {
        query = query.filter(offers::category.eq(category.as_str()));
    }
    if let Some(price) = filter.min_price {
        query = query.filter(offers::price.ge(price));
    }
    if let Some(price) = filter.max_price {
        query = query.filter(offers::price.le(price));
    }
    if let Some(text) = filter.text {
        let pattern = containing(&text);
        let in_name = offers::name.like(pattern.clone()).escape('\\');
        query = query.filter(in_name.or(offers::description.like(pattern).escape('\\')));
    }
    query
}

/// A pattern for any text with `text` in it. SQLite sets case aside for ASCII letters only.
fn containing(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn sorted(
    query: Offers<'static>,
    sort: OfferSort,
    after: Option<OfferKey>,
) -> Result<Offers<'static>, StoreError> {
    let sorted = match sort {
        OfferSort::Id => query.order(offers::id.asc()),
        OfferSort::Price => query.order((offers::price.asc(), offers::id.asc())),
        OfferSort::PriceDescending => query.order((offers::price.desc(), offers::id.asc())),
        OfferSort::Name => query.order((offers::name.asc(), offers::id.asc())),
    };
    // The first bound lets SQLite start at the key; the second passes over the key's ties.
    Ok(match (sort, after) {
        (_, None) => sorted,
        (OfferSort::Id, Some(OfferKey::Id(id))) => sorted.filter(offers::id.gt(id.0)),
        (OfferSort::Price, Some(OfferKey::Price(price, id))) => {
            sorted.filter(offers::price.ge(price)).filter(offers::price.gt(price).or(offers::id.gt(id.0)))
        }
        (OfferSort::PriceDescending, Some(OfferKey::Price(price, id))) => {
            sorted.filter(offers::price.le(price)).filter(offers::price.lt(price).or(offers::id.gt(id.0)))
        }
        (OfferSort::Name, Some(OfferKey::Name(name, id))) => {
            sorted.filter(offers::name.ge(name.clone())).filter(offers::name.gt(name).or(offers::id.gt(id.0)))
        }
        (sort, Some(_)) => {
            return Err(StoreError::Misuse(format!("the page's key is not one of a list sorted by {sort}")));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_plain_text() {
        assert_eq!(containing(r"50%_\"), r"%50\%\_\\%");
    }
}
