//! Offers.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferRules, OfferTerms, OfferText, SaleWindow, Translations};
use offers_domain::ports::StoreError;
use offers_domain::views::OfferName;
use time::OffsetDateTime;

use super::{Reading, micros};
use crate::schema::offers;

/// An offer.
#[derive(Queryable, Selectable)]
#[diesel(table_name = offers, check_for_backend(Sqlite))]
pub(crate) struct OfferRow {
    id: i64,
    name: String,
    description: String,
    category: String,
    price: i64,
    currency: String,
    duration_days: i64,
    sale_from: Option<i64>,
    sale_until: Option<i64>,
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
            price: reading.amount("price", row.price, &row.currency)?,
            duration_days: reading.number("duration_days", row.duration_days)?,
            sale: SaleWindow {
                from: reading.optional_instant("sale_from", row.sale_from)?,
                until: reading.optional_instant("sale_until", row.sale_until)?,
            },
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
#[diesel(table_name = offers, check_for_backend(Sqlite))]
pub(crate) struct OfferNameRow {
    name: String,
    name_fr: Option<String>,
}

impl From<OfferNameRow> for OfferName {
    fn from(row: OfferNameRow) -> Self {
        Self { plain: row.name, fr: row.name_fr }
    }
}

/// What an offer promises, as it is kept.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = offers, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct OfferTermsRow<'a> {
    name: &'a str,
    description: &'a str,
    category: &'static str,
    price: i64,
    currency: String,
    duration_days: i64,
    sale_from: Option<i64>,
    sale_until: Option<i64>,
    purchase_policy: &'static str,
    stock: Option<i64>,
    per_customer: Option<i64>,
    requires: Option<i64>,
    excludes: Option<i64>,
    name_fr: Option<String>,
    description_fr: Option<String>,
}

impl<'a> From<&'a OfferTerms> for OfferTermsRow<'a> {
    fn from(terms: &'a OfferTerms) -> Self {
        Self {
            name: &terms.name,
            description: &terms.description,
            category: terms.category.as_str(),
            price: terms.price.minor(),
            currency: terms.price.currency().code().to_owned(),
            duration_days: i64::from(terms.duration_days),
            sale_from: terms.sale.from.map(micros),
            sale_until: terms.sale.until.map(micros),
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

/// An offer to be added: on sale, at version 1.
#[derive(Insertable)]
#[diesel(table_name = offers)]
pub(crate) struct NewOfferRow<'a> {
    #[diesel(embed)]
    terms: OfferTermsRow<'a>,
    created_at: i64,
    updated_at: i64,
}

impl<'a> NewOfferRow<'a> {
    pub(crate) fn new(terms: &'a OfferTerms, now: OffsetDateTime) -> Self {
        Self { terms: terms.into(), created_at: micros(now), updated_at: micros(now) }
    }
}
