//! Offers.

use bigdecimal::BigDecimal;
use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferRules, OfferTerms, OfferText, SaleWindow, Translations};
use offers_domain::ports::StoreError;
use offers_domain::views::OfferName;
use time::OffsetDateTime;

use super::{Reading, decimal};
use crate::schema::offers;

/// An offer.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = offers, check_for_backend(Pg))]
pub(crate) struct OfferRow {
    id: i64,
    name: String,
    description: String,
    category: String,
    price: BigDecimal,
    currency: String,
    duration_days: i64,
    sale_from: Option<OffsetDateTime>,
    sale_until: Option<OffsetDateTime>,
    purchase_policy: String,
    is_active: bool,
    version: i64,
    stock: Option<i64>,
    per_customer: Option<i64>,
    requires: Option<i64>,
    excludes: Option<i64>,
    name_fr: Option<String>,
    description_fr: Option<String>,
}

impl TryFrom<OfferRow> for Offer {
    type Error = StoreError;

    fn try_from(row: OfferRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "offers", row: &row.id };
        let count = |column, number: Option<i64>| number.map(|n| reading.number(column, n)).transpose();
        let rules = OfferRules {
            stock: count("stock", row.stock)?,
            per_customer: count("per_customer", row.per_customer)?,
            requires: row.requires.map(OfferId),
            excludes: row.excludes.map(OfferId),
        };
        let french = row.name_fr.zip(row.description_fr);
        let fr = french.map(|(name, description)| OfferText { name, description });
        let terms = OfferTerms {
            name: row.name,
            description: row.description,
            category: reading.spelled("category", &row.category)?,
            price: reading.amount("price", &row.price, &row.currency)?,
            duration_days: reading.number("duration_days", row.duration_days)?,
            sale: SaleWindow { from: row.sale_from, until: row.sale_until },
            purchase_policy: reading.spelled("purchase_policy", &row.purchase_policy)?,
            rules,
            translations: Translations { fr },
        };
        let version = reading.number("version", row.version)?;
        Ok(Self { id: OfferId(row.id), terms, is_active: row.is_active, version })
    }
}

/// What an offer is called.
#[derive(Queryable, Selectable)]
#[diesel(table_name = offers, check_for_backend(Pg))]
pub(crate) struct OfferNameRow {
    name: String,
    name_fr: Option<String>,
}

impl From<OfferNameRow> for OfferName {
    fn from(row: OfferNameRow) -> Self {
        Self { plain: row.name, fr: row.name_fr }
    }
}

/// An offer to be added: on sale, at version 1.
pub(crate) struct NewOfferRow {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: &'static str,
    pub(crate) price: BigDecimal,
    pub(crate) currency: String,
    pub(crate) duration_days: i64,
    pub(crate) sale_from: Option<OffsetDateTime>,
    pub(crate) sale_until: Option<OffsetDateTime>,
    pub(crate) purchase_policy: &'static str,
    pub(crate) stock: Option<i64>,
    pub(crate) per_customer: Option<i64>,
    pub(crate) requires: Option<i64>,
    pub(crate) excludes: Option<i64>,
    pub(crate) name_fr: Option<String>,
    pub(crate) description_fr: Option<String>,
}

impl From<&OfferTerms> for NewOfferRow {
    fn from(terms: &OfferTerms) -> Self {
        let currency = terms.price.currency();
        Self {
            name: terms.name.clone(),
            description: terms.description.clone(),
            category: terms.category.as_str(),
            price: decimal(terms.price.minor(), currency),
            currency: currency.code().to_owned(),
            duration_days: i64::from(terms.duration_days),
            sale_from: terms.sale.from,
            sale_until: terms.sale.until,
            purchase_policy: terms.purchase_policy.as_str(),
            stock: terms.rules.stock.map(i64::from),
            per_customer: terms.rules.per_customer.map(i64::from),
            requires: terms.rules.requires.map(|id| id.0),
            excludes: terms.rules.excludes.map(|id| id.0),
            name_fr: terms.translations.fr.as_ref().map(|text| text.name.clone()),
            description_fr: terms.translations.fr.as_ref().map(|text| text.description.clone()),
        }
    }
}

/// An offer as it shall be.
pub(crate) struct ChangedOfferRow {
    pub(crate) id: i64,
    pub(crate) is_active: bool,
    pub(crate) version: i64,
    pub(crate) terms: NewOfferRow,
}

impl From<&Offer> for ChangedOfferRow {
    fn from(offer: &Offer) -> Self {
        let Offer { id, terms, is_active, version } = offer;
        Self { id: id.0, is_active: *is_active, version: i64::from(*version), terms: terms.into() }
    }
}
