//! Partners, their keys and the names of their orders.

use bigdecimal::BigDecimal;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Numeric, Text};
use offers_domain::ids::{ApiKeyId, OfferId, PartnerId, TransactionId, UserId};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHolder};
use offers_domain::partner_channel::discount::Discount;
use offers_domain::partner_channel::reference::{KnownPartnerOrder, PartnerOrder, PartnerReference};
use offers_domain::partner_channel::{Partner, PartnerTerms};
use offers_domain::ports::StoreError;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Reading;
use crate::schema::{api_keys, partner_orders, partners};

/// A partner.
#[derive(Queryable, Selectable)]
#[diesel(table_name = partners, check_for_backend(Pg))]
pub(crate) struct PartnerRow {
    id: i64,
    name: String,
    funding: String,
    discount: i64,
    requests_per_minute: Option<i64>,
    is_active: bool,
    created_at: OffsetDateTime,
}

impl TryFrom<PartnerRow> for Partner {
    type Error = StoreError;

    fn try_from(row: PartnerRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "partners", row: &row.id };
        let discount = reading.number("discount", row.discount)?;
        let quota = row.requests_per_minute.map(|quota| reading.number("requests_per_minute", quota));
        let terms = PartnerTerms {
            funding: reading.spelled("funding", &row.funding)?,
            discount: Discount::try_new(discount).map_err(|_| reading.corrupt("discount"))?,
            requests_per_minute: quota.transpose()?,
            is_active: row.is_active,
        };
        Ok(Self { id: PartnerId(row.id), name: row.name, terms, created_at: row.created_at })
    }
}

/// A key without its hash, which nobody reads.
#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys, check_for_backend(Pg))]
pub(crate) struct ApiKeyRow {
    id: i64,
    partner_id: i64,
    hint: String,
    mode: String,
    scopes: String,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
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
            hint: row.hint,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        })
    }
}

/// A key with its partner.
pub(crate) fn key_holder((key, partner): (ApiKeyRow, PartnerRow)) -> Result<KeyHolder, StoreError> {
    Ok(KeyHolder { key: key.try_into()?, partner: partner.try_into()? })
}

/// The names of a partner's order.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = partner_orders, check_for_backend(Pg))]
pub(crate) struct PartnerOrderRow {
    pub(crate) transaction_id: Uuid,
    pub(crate) partner_id: i64,
    pub(crate) reference: String,
    pub(crate) partner_reference: Option<String>,
}

impl From<&PartnerOrder> for PartnerOrderRow {
    fn from(order: &PartnerOrder) -> Self {
        Self {
            transaction_id: order.transaction.0,
            partner_id: order.partner.0,
            reference: order.reference.to_string(),
            partner_reference: order.partner_reference.as_ref().map(|name| name.as_str().to_owned()),
        }
    }
}

impl TryFrom<PartnerOrderRow> for PartnerOrder {
    type Error = StoreError;

    fn try_from(row: PartnerOrderRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "partner_orders", row: &row.transaction_id };
        let partner_reference = row.partner_reference.as_deref().map(PartnerReference::try_new).transpose();
        Ok(Self {
            transaction: TransactionId(row.transaction_id),
            partner: PartnerId(row.partner_id),
            reference: reading.spelled("reference", &row.reference)?,
            partner_reference: partner_reference.map_err(|_| reading.corrupt("partner_reference"))?,
        })
    }
}

/// A partner's order with what it asked for.
#[derive(QueryableByName)]
pub(crate) struct KnownPartnerOrderRow {
    #[diesel(embed)]
    order: PartnerOrderRow,
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = BigInt)]
    offer_id: i64,
    #[diesel(sql_type = Numeric)]
    amount: BigDecimal,
    #[diesel(sql_type = Text)]
    currency: String,
}

impl TryFrom<KnownPartnerOrderRow> for KnownPartnerOrder {
    type Error = StoreError;

    fn try_from(row: KnownPartnerOrderRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "transactions", row: &row.order.transaction_id };
        let amount = reading.amount("amount", &row.amount, &row.currency)?;
        let (user, offer) = (UserId(row.user_id), OfferId(row.offer_id));
        Ok(Self { order: row.order.try_into()?, user, offer, amount })
    }
}
