//! Partners, their keys and the names of their orders.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{ApiKeyId, PartnerId, TransactionId};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHolder, NewApiKey};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::reference::{PartnerOrder, PartnerReference};
use offers_domain::partner_channel::{NewPartner, Partner, PartnerTerms};
use offers_domain::ports::StoreError;

use super::{Reading, micros};
use crate::schema::{api_keys, partner_orders, partners};

/// A partner.
#[derive(Queryable, Selectable)]
#[diesel(table_name = partners, check_for_backend(Sqlite))]
pub(crate) struct PartnerRow {
    id: i64,
    name: String,
    #[diesel(embed)]
    terms: PartnerTermsRow,
    created_at: i64,
}

/// The columns that change.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = partners, check_for_backend(Sqlite))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct PartnerTermsRow {
    funding: String,
    discount: i64,
    requests_per_minute: Option<i64>,
    is_active: bool,
}

impl From<&PartnerTerms> for PartnerTermsRow {
    fn from(terms: &PartnerTerms) -> Self {
        Self {
            funding: terms.funding.to_string(),
            discount: i64::from(terms.discount.hundredths()),
            requests_per_minute: terms.requests_per_minute.map(i64::from),
            is_active: terms.is_active,
        }
    }
}

impl TryFrom<PartnerRow> for Partner {
    type Error = StoreError;

    fn try_from(row: PartnerRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "partners", row: &row.id };
        let discount = reading.number("discount", row.terms.discount)?;
        let quota = row.terms.requests_per_minute.map(|quota| reading.number("requests_per_minute", quota));
        let terms = PartnerTerms {
            funding: reading.spelled("funding", &row.terms.funding)?,
            discount: Discount::try_new(discount).map_err(|_| reading.corrupt("discount"))?,
            requests_per_minute: quota.transpose()?,
            is_active: row.terms.is_active,
        };
        let created_at = reading.instant("created_at", row.created_at)?;
        Ok(Self { id: PartnerId(row.id), name: row.name, terms, created_at })
    }
}

/// A partner to be added.
#[derive(Insertable)]
#[diesel(table_name = partners)]
pub(crate) struct NewPartnerRow<'a> {
    name: &'a str,
    #[diesel(embed)]
    terms: PartnerTermsRow,
    created_at: i64,
    updated_at: i64,
}

impl<'a> From<&'a NewPartner> for NewPartnerRow<'a> {
    fn from(partner: &'a NewPartner) -> Self {
        let created_at = micros(partner.created_at);
        let terms = PartnerTermsRow::from(&partner.terms);
        Self { name: partner.name.as_str(), terms, created_at, updated_at: created_at }
    }
}

/// A key without its hash, which nobody reads.
#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys, check_for_backend(Sqlite))]
pub(crate) struct ApiKeyRow {
    id: i64,
    partner_id: i64,
    hint: String,
    mode: String,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "api_keys", row: &row.id };
        Ok(Self {
            id: ApiKeyId(row.id),
            partner: PartnerId(row.partner_id),
            mode: reading.spelled("mode", &row.mode)?,
            scopes: reading.spelled("scopes", &row.scopes)?,
            created_at: reading.instant("created_at", row.created_at)?,
            expires_at: reading.optional_instant("expires_at", row.expires_at)?,
            revoked_at: reading.optional_instant("revoked_at", row.revoked_at)?,
            last_used_at: reading.optional_instant("last_used_at", row.last_used_at)?,
            hint: row.hint,
        })
    }
}

/// A key with its partner.
pub(crate) fn key_holder((key, partner): (ApiKeyRow, PartnerRow)) -> Result<KeyHolder, StoreError> {
    Ok(KeyHolder { key: key.try_into()?, partner: partner.try_into()? })
}

/// A key to be issued.
#[derive(Insertable)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false)]
pub(crate) struct NewApiKeyRow {
    partner_id: i64,
    hash: Vec<u8>,
    hint: String,
    mode: &'static str,
    scopes: String,
    created_at: i64,
    expires_at: Option<i64>,
}

impl From<&NewApiKey> for NewApiKeyRow {
    fn from(key: &NewApiKey) -> Self {
        Self {
            partner_id: key.partner.0,
            hash: key.hash.0.to_vec(),
            hint: key.hint.clone(),
            mode: key.mode.as_str(),
            scopes: key.scopes.to_string(),
            created_at: micros(key.created_at),
            expires_at: key.expires_at.map(micros),
        }
    }
}

/// The names of a partner's order.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_orders, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct PartnerOrderRow {
    transaction_id: Vec<u8>,
    partner_id: i64,
    reference: String,
    partner_reference: Option<String>,
}

impl From<&PartnerOrder> for PartnerOrderRow {
    fn from(order: &PartnerOrder) -> Self {
        Self {
            transaction_id: order.transaction.0.as_bytes().to_vec(),
            partner_id: order.partner.0,
            reference: order.reference.to_string(),
            partner_reference: order.partner_reference.as_ref().map(|name| name.as_str().to_owned()),
        }
    }
}

impl TryFrom<PartnerOrderRow> for PartnerOrder {
    type Error = StoreError;

    fn try_from(row: PartnerOrderRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "partner_orders", row: &row.reference };
        let partner_reference = row.partner_reference.as_deref().map(PartnerReference::try_new).transpose();
        Ok(Self {
            transaction: TransactionId(reading.uuid("transaction_id", &row.transaction_id)?),
            partner: PartnerId(row.partner_id),
            reference: reading.spelled("reference", &row.reference)?,
            partner_reference: partner_reference.map_err(|_| reading.corrupt("partner_reference"))?,
        })
    }
}
