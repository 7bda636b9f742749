//! Offers.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferTerms, SaleWindow};
use offers_domain::ports::StoreError;
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
}

impl TryFrom<OfferRow> for Offer {
    type Error = StoreError;

    fn try_from(row: OfferRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "offers", row: &row.id };
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
        };
        let version = reading.number("version", row.version)?;
        Ok(Self { id: OfferId(row.id), terms, is_active: row.is_active, version })
    }
}

/// An offer to be added: on sale, at version 1.
#[derive(Insertable)]
#[diesel(table_name = offers, treat_none_as_default_value = false)]
pub(crate) struct NewOfferRow<'a> {
    name: &'a str,
    description: &'a str,
    category: &'static str,
    price: i64,
    currency: String,
    duration_days: i64,
    sale_from: Option<i64>,
    sale_until: Option<i64>,
    purchase_policy: &'static str,
    created_at: i64,
    updated_at: i64,
}

impl<'a> NewOfferRow<'a> {
    pub(crate) fn new(terms: &'a OfferTerms, now: OffsetDateTime) -> Self {
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
            created_at: micros(now),
            updated_at: micros(now),
        }
    }
}
