//! Partners, their keys and the names of their orders.

use async_trait::async_trait;
use diesel::prelude::*;
use offers_domain::ids::{ApiKeyId, PartnerId};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHolder, NewApiKey};
use offers_domain::partner_channel::reference::{KnownPartnerOrder, PartnerOrder, PartnerReference};
use offers_domain::partner_channel::{NewPartner, Partner};
use offers_domain::ports::{Locked, Partners, StoreError};
use offers_domain::transaction::Transaction;
use time::OffsetDateTime;

use crate::error::SqliteError;
use crate::rows::{
    ApiKeyRow, NewApiKeyRow, NewPartnerRow, PartnerOrderRow, PartnerRow, PartnerTermsRow, TransactionRow,
    key_holder, micros,
};
use crate::schema::{api_keys, partner_orders, partners, transactions};
use crate::unit_of_work::SqliteUnitOfWork;
use crate::update::update;

#[async_trait]
impl Partners for SqliteUnitOfWork {
    async fn insert_partner(&mut self, partner: &NewPartner) -> Result<PartnerId, StoreError> {
        let partner = partner.clone();
        self.run(move |connection| {
            let id = diesel::insert_into(partners::table)
                .values(NewPartnerRow::from(&partner))
                .returning(partners::id)
                .get_result(connection)?;
            Ok(PartnerId(id))
        })
        .await
    }

    async fn lock_partner(&mut self, id: PartnerId) -> Result<Option<Locked<Partner>>, StoreError> {
        self.run(move |connection| {
            let partner = partners::table.find(id.0).select(PartnerRow::as_select());
            let found = partner.get_result(connection).optional()?;
            Ok(found.map(Partner::try_from).transpose()?.map(Locked::by_store))
        })
        .await
    }

    async fn update_partner(&mut self, partner: &Partner, now: OffsetDateTime) -> Result<(), StoreError> {
        let (id, terms) = (partner.id, PartnerTermsRow::from(&partner.terms));
        self.run(move |connection| {
            let changes = (terms, partners::updated_at.eq(micros(now)));
            update(&partners::table, changes, partners::id.eq(id.0)).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn insert_api_key(&mut self, key: &NewApiKey) -> Result<ApiKeyId, StoreError> {
        let key = NewApiKeyRow::from(key);
        self.run(move |connection| {
            let id = diesel::insert_into(api_keys::table)
                .values(key)
                .returning(api_keys::id)
                .get_result(connection)?;
            Ok(ApiKeyId(id))
        })
        .await
    }

    async fn api_keys(&mut self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError> {
        self.run(move |connection| keys_of(connection, partner)).await
    }

    async fn revoke_api_key(&mut self, key: ApiKeyId, now: OffsetDateTime) -> Result<(), StoreError> {
        self.run(move |connection| {
            let live = api_keys::id.eq(key.0).and(api_keys::revoked_at.is_null());
            update(&api_keys::table, api_keys::revoked_at.eq(micros(now)), live).execute(connection)?;
            Ok(())
        })
        .await
    }

    async fn touch_api_keys(&mut self, seen: &[(ApiKeyId, OffsetDateTime)]) -> Result<(), StoreError> {
        self.over(seen, |connection, seen| {
            for (key, at) in seen {
                let earlier = api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(micros(at)));
                let condition = api_keys::id.eq(key.0).and(earlier.assume_not_null());
                update(&api_keys::table, api_keys::last_used_at.eq(micros(at)), condition)
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn key_holders(&mut self, keys: &[ApiKeyId]) -> Result<Vec<KeyHolder>, StoreError> {
        self.over(keys, |connection, mut keys| {
            keys.sort_unstable();
            keys.dedup();
            keys.iter().filter_map(|key| holder_of(connection, *key).transpose()).collect()
        })
        .await
    }

    async fn find_partner_orders(
        &mut self,
        names: &[(PartnerId, PartnerReference)],
    ) -> Result<Vec<KnownPartnerOrder>, StoreError> {
        self.over(names, |connection, names| {
            let found =
                names.iter().filter_map(|(partner, name)| find(connection, *partner, name).transpose());
            found.collect()
        })
        .await
    }

    async fn insert_partner_orders(&mut self, orders: &[PartnerOrder]) -> Result<(), StoreError> {
        self.over(orders, |connection, orders| {
            for order in &orders {
                diesel::insert_into(partner_orders::table)
                    .values(PartnerOrderRow::from(order))
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }
}

/// Every key that the partner was ever given, for this unit and for the reading side.
pub(crate) fn keys_of(
    connection: &mut SqliteConnection,
    partner: PartnerId,
) -> Result<Vec<ApiKey>, SqliteError> {
    let rows = api_keys::table
        .filter(api_keys::partner_id.eq(partner.0))
        .order(api_keys::id)
        .select(ApiKeyRow::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?)
}

fn holder_of(connection: &mut SqliteConnection, key: ApiKeyId) -> Result<Option<KeyHolder>, SqliteError> {
    let row = api_keys::table
        .inner_join(partners::table)
        .filter(api_keys::id.eq(key.0))
        .select((ApiKeyRow::as_select(), PartnerRow::as_select()))
        .get_result(connection)
        .optional()?;
    Ok(row.map(key_holder).transpose()?)
}

fn find(
    connection: &mut SqliteConnection,
    partner: PartnerId,
    name: &PartnerReference,
) -> Result<Option<KnownPartnerOrder>, SqliteError> {
    let row: Option<(PartnerOrderRow, TransactionRow)> = partner_orders::table
        .inner_join(transactions::table)
        .filter(partner_orders::partner_id.eq(partner.0))
        .filter(partner_orders::partner_reference.eq(name.as_str()))
        .select((PartnerOrderRow::as_select(), TransactionRow::as_select()))
        .get_result(connection)
        .optional()?;
    let Some((order, transaction)) = row else { return Ok(None) };
    let placed = *Transaction::try_from(transaction)?.order();
    let (user, offer, amount) = (placed.user, placed.offer, placed.amount);
    Ok(Some(KnownPartnerOrder { order: order.try_into()?, user, offer, amount }))
}
