//! Reads the catalogue.

use async_trait::async_trait;
use diesel::dsl::IntoBoxed;
use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferSort};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{CatalogueQueries, OfferFilter, OfferKey, StoreError};
use time::OffsetDateTime;

use super::overfetch;
use crate::rows::OfferRow;
use crate::schema::{minor_units, offers};
use crate::store::PgStore;

type Offers = IntoBoxed<'static, offers::table, Pg>;

/// The price as the domain counts it.
type Price = minor_units<offers::price, offers::currency>;

fn price() -> Price {
    minor_units(offers::price, offers::currency)
}

#[async_trait]
impl CatalogueQueries for PgStore {
    async fn offers_on_sale(
        &self,
        filter: &OfferFilter,
        sort: OfferSort,
        page: &PageRequest<OfferKey>,
        now: OffsetDateTime,
    ) -> Result<Page<Offer>, StoreError> {
        let query = matching(on_sale(now), filter.clone());
        let query = sorted(query, sort, page.after.clone())?.limit(overfetch(page.limit));
        let rows: Vec<OfferRow> = self.readers.rows(query.select(OfferRow::as_select())).await?;
        let offers = rows.into_iter().map(Offer::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(offers, page.limit))
    }

    async fn offer(&self, id: OfferId) -> Result<Option<Offer>, StoreError> {
        let offer = offers::table.filter(offers::id.eq(id.0)).select(OfferRow::as_select());
        self.readers.row(offer).await?.map(Offer::try_from).transpose()
    }
}

fn on_sale(now: OffsetDateTime) -> Offers {
    offers::table
        .filter(offers::is_active.eq(true))
        .filter(offers::sale_from.is_null().or(offers::sale_from.le(now)))
        .filter(offers::sale_until.is_null().or(offers::sale_until.gt(now)))
        .into_boxed()
}

fn matching(mut query: Offers, filter: OfferFilter) -> Offers {
    if let Some(category) = filter.category {
        query = query.filter(offers::category.eq(category.as_str()));
    }
    if let Some(least) = filter.min_price {
        query = query.filter(price().ge(least));
    }
    if let Some(most) = filter.max_price {
        query = query.filter(price().le(most));
    }
    if let Some(text) = filter.text {
        let pattern = containing(&text);
        query = query.filter(offers::name.ilike(pattern.clone()).or(offers::description.ilike(pattern)));
    }
    query
}

/// A pattern for any text with `text` in it.
fn containing(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn sorted(query: Offers, sort: OfferSort, after: Option<OfferKey>) -> Result<Offers, StoreError> {
    let sorted = match sort {
        OfferSort::Id => query.order(offers::id.asc()),
        OfferSort::Price => query.order((price().asc(), offers::id.asc())),
        OfferSort::PriceDescending => query.order((price().desc(), offers::id.asc())),
        OfferSort::Name => query.order((offers::name.asc(), offers::id.asc())),
    };
    // The first bound lets the index start at the key; the second passes over the key's ties.
    Ok(match (sort, after) {
        (_, None) => sorted,
        (OfferSort::Id, Some(OfferKey::Id(id))) => sorted.filter(offers::id.gt(id.0)),
        (OfferSort::Price, Some(OfferKey::Price(key, id))) => {
            sorted.filter(price().ge(key)).filter(price().gt(key).or(offers::id.gt(id.0)))
        }
        (OfferSort::PriceDescending, Some(OfferKey::Price(key, id))) => {
            sorted.filter(price().le(key)).filter(price().lt(key).or(offers::id.gt(id.0)))
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
