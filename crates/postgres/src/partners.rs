//! Partners, their keys and the names of their orders.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use offers_domain::ids::{ApiKeyId, PartnerId};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHolder, NewApiKey};
use offers_domain::partner_channel::reference::{KnownPartnerOrder, PartnerOrder, PartnerReference};
use offers_domain::partner_channel::{NewPartner, Partner};
use offers_domain::ports::{Locked, Partners, StoreError};
use time::OffsetDateTime;

use crate::rows::{ApiKeyRow, KnownPartnerOrderRow, PartnerOrderRow, PartnerRow, key_holder};
use crate::schema::{api_keys, partners};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const INSERT: &str = "
    INSERT INTO partners (name, funding, discount, requests_per_minute, is_active, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    RETURNING id";

const UPDATE: &str = "
    UPDATE partners SET funding = $2, discount = $3, requests_per_minute = $4, is_active = $5, updated_at = $6
    WHERE id = $1";

const INSERT_KEY: &str = "
    INSERT INTO api_keys (partner_id, hash, hint, mode, scopes, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    RETURNING id";

const REVOKE_KEY: &str = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

/// Locked by ascending id.
const TOUCH_KEYS: &str = "
    UPDATE api_keys k SET last_used_at = greatest(k.last_used_at, n.at)
    FROM (
        SELECT id, n.at FROM unnest($1, $2) AS n (id, at) JOIN api_keys USING (id)
        ORDER BY id FOR NO KEY UPDATE OF api_keys
    ) AS n WHERE k.id = n.id";

const FIND_ORDERS: &str = "
    SELECT transaction_id, partner_id, p.reference, partner_reference, user_id, offer_id, amount, currency
    FROM unnest($1, $2) AS n (partner_id, partner_reference)
    JOIN partner_orders p USING (partner_id, partner_reference)
    JOIN transactions t ON t.id = p.transaction_id";

const INSERT_ORDERS: &str = "
    INSERT INTO partner_orders (transaction_id, partner_id, reference, partner_reference)
    SELECT * FROM unnest($1, $2, $3, $4)";

#[async_trait]
impl Partners for PgUnitOfWork {
    async fn insert_partner(&mut self, partner: &NewPartner) -> Result<PartnerId, StoreError> {
        let insert = statement(INSERT)
            .bind::<Text, _>(partner.name.as_str().to_owned())
            .bind::<Text, _>(partner.terms.funding.as_str())
            .bind::<BigInt, _>(i64::from(partner.terms.discount.hundredths()))
            .bind::<Nullable<BigInt>, _>(partner.terms.requests_per_minute.map(i64::from))
            .bind::<Bool, _>(partner.terms.is_active)
            .bind::<Timestamptz, _>(partner.created_at);
        let id = self.insert(insert, PartnerId).await?.pop();
        id.ok_or_else(|| StoreError::Misuse("no id for a new partner".into()))
    }

    async fn lock_partner(&mut self, id: PartnerId) -> Result<Option<Locked<Partner>>, StoreError> {
        let partner =
            partners::table.filter(partners::id.eq(id.0)).select(PartnerRow::as_select()).for_no_key_update();
        let found: Option<PartnerRow> = self.rows(partner).await?.pop();
        found.map(|row| Ok(Locked::by_store(row.try_into()?))).transpose()
    }

    async fn update_partner(&mut self, partner: &Partner, now: OffsetDateTime) -> Result<(), StoreError> {
        let update = statement(UPDATE)
            .bind::<BigInt, _>(partner.id.0)
            .bind::<Text, _>(partner.terms.funding.as_str())
            .bind::<BigInt, _>(i64::from(partner.terms.discount.hundredths()))
            .bind::<Nullable<BigInt>, _>(partner.terms.requests_per_minute.map(i64::from))
            .bind::<Bool, _>(partner.terms.is_active)
            .bind::<Timestamptz, _>(now);
        self.write(update)
    }

    async fn insert_api_key(&mut self, key: &NewApiKey) -> Result<ApiKeyId, StoreError> {
        let insert = statement(INSERT_KEY)
            .bind::<BigInt, _>(key.partner.0)
            .bind::<Binary, _>(key.hash.0.to_vec())
            .bind::<Text, _>(key.hint.clone())
            .bind::<Text, _>(key.mode.as_str())
            .bind::<Text, _>(key.scopes.to_string())
            .bind::<Timestamptz, _>(key.created_at)
            .bind::<Nullable<Timestamptz>, _>(key.expires_at);
        let id = self.insert(insert, ApiKeyId).await?.pop();
        id.ok_or_else(|| StoreError::Misuse("no id for a new key".into()))
    }

    async fn api_keys(&mut self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError> {
        let keys = api_keys::table
            .filter(api_keys::partner_id.eq(partner.0))
            .order(api_keys::id)
            .select(ApiKeyRow::as_select());
        let rows: Vec<ApiKeyRow> = self.rows(keys).await?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    async fn revoke_api_key(&mut self, key: ApiKeyId, now: OffsetDateTime) -> Result<(), StoreError> {
        self.write(statement(REVOKE_KEY).bind::<BigInt, _>(key.0).bind::<Timestamptz, _>(now))
    }

    async fn touch_api_keys(&mut self, seen: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError> {
        if seen.is_empty() {
            return Ok(());
        }
        let (keys, instants): (Vec<i64>, Vec<OffsetDateTime>) =
            seen.iter().map(|(key, at)| (key.0, *at)).unzip();
        let touch =
            statement(TOUCH_KEYS).bind::<Array<BigInt>, _>(keys).bind::<Array<Timestamptz>, _>(instants);
        self.write(touch)
    }

    async fn key_holders(&mut self, keys: &[ApiKeyId]) -> Result<Vec<KeyHolder>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let holders = api_keys::table
            .inner_join(partners::table)
            .filter(api_keys::id.eq_any(keys))
            .select((ApiKeyRow::as_select(), PartnerRow::as_select()));
        let rows: Vec<(ApiKeyRow, PartnerRow)> = self.rows(holders).await?;
        rows.into_iter().map(key_holder).collect()
    }

    async fn find_partner_orders(
        &mut self,
        names: &[(PartnerId, PartnerReference)],
    ) -> Result<Vec<KnownPartnerOrder>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let (partners, references): (Vec<i64>, Vec<String>) =
            names.iter().map(|(partner, name)| (partner.0, name.as_str().to_owned())).unzip();
        let find =
            statement(FIND_ORDERS).bind::<Array<BigInt>, _>(partners).bind::<Array<Text>, _>(references);
        let rows: Vec<KnownPartnerOrderRow> = self.rows(find).await?;
        rows.into_iter().map(KnownPartnerOrder::try_from).collect()
    }

    async fn insert_partner_orders(&mut self, orders: &[PartnerOrder]) -> Result<(), StoreError> {
        if orders.is_empty() {
            return Ok(());
        }
        let rows: Vec<PartnerOrderRow> = orders.iter().map(PartnerOrderRow::from).collect();
        let insert = bind_columns!(statement(INSERT_ORDERS), rows;
            transaction_id: SqlUuid, partner_id: BigInt, reference: Text, partner_reference: Nullable<Text>);
        self.write(insert)
    }
}
