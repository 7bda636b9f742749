//! Offers.

use offers_domain::money::Currency;
use offers_domain::offer::{Category, Offer, OfferSort};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::ports::{OfferFilter, OfferKey};
use offers_domain::user::Locale;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::money::{CurrencyCode, Decimal, price_bound};
use super::spelled::Spelled;
use super::text::{Line, Text};
use crate::extract::page_request;
use crate::problem::Problem;

/// Which offers, in which order, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffersQuery {
    category: Option<Text<Category>>,
    q: Option<Text<Line<100>>>,
    min_price: Option<Text<Line<40>>>,
    max_price: Option<Text<Line<40>>>,
    sort: Option<Text<OfferSort>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

/// What a list of offers asks of the catalogue.
#[derive(Debug)]
pub(crate) struct OfferSearch {
    pub(crate) filter: OfferFilter,
    pub(crate) sort: OfferSort,
    pub(crate) page: PageRequest<OfferKey>,
}

impl OffersQuery {
    /// The search, with prices in `currency`.
    pub(crate) fn search(self, currency: Currency) -> Result<OfferSearch, Problem> {
        let bound = |text: Option<Text<Line<40>>>, pointer| {
            text.map(|Text(Line(text))| price_bound(&text, currency, pointer)).transpose()
        };
        let filter = OfferFilter {
            category: self.category.map(|Text(category)| category),
            text: self.q.map(|Text(Line(text))| text),
            min_price: bound(self.min_price, "/query/min_price")?,
            max_price: bound(self.max_price, "/query/max_price")?,
        };
        let sort = self.sort.map_or(OfferSort::Id, |Text(sort)| sort);
        let page = page_request(list_name(sort), self.limit, self.cursor.as_deref())?;
        Ok(OfferSearch { filter, sort, page })
    }
}

/// What cursors call the list in this order: a place in one order means nothing in another.
pub(crate) fn list_name(sort: OfferSort) -> &'static str {
    match sort {
        OfferSort::Id => "offers/id",
        OfferSort::Price => "offers/price",
        OfferSort::PriceDescending => "offers/-price",
        OfferSort::Name => "offers/name",
    }
}

/// An offer, by itself and in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OfferBody {
    id: i64,
    name: String,
    description: String,
    price: Decimal,
    duration_days: u32,
    currency: CurrencyCode,
    category: Spelled<Category>,
    is_active: bool,
}

impl OfferBody {
    /// The offer with its texts in this language.
    pub(crate) fn in_language(offer: &Offer, locale: Locale) -> Self {
        let (name, description) = offer.terms.text_in(locale);
        Self {
            id: offer.id.0,
            name: name.to_owned(),
            description: description.to_owned(),
            price: offer.terms.price.into(),
            duration_days: offer.terms.duration_days,
            currency: offer.terms.price.currency().into(),
            category: offer.terms.category.into(),
            is_active: offer.is_active,
        }
    }
}
