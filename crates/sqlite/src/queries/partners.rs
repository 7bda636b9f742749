//! Reads what belongs to one partner. The partner is part of every question.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use offers_domain::ids::{AccountId, PartnerId, TransactionId, TransferId};
use offers_domain::page::{Page, PageRequest};
use offers_domain::partner_channel::api_key::{ApiKey, KeyHash, KeyHolder};
use offers_domain::partner_channel::reference::Reference;
use offers_domain::partner_channel::views::{
    PartnerOrderDetail, PartnerOrderFilter, PartnerOrderView, PartnerView, SettlementView, StatementEntry,
};
use offers_domain::partner_channel::{Partner, PartnerName};
use offers_domain::ports::{PartnerQueries, StoreError};
use offers_domain::transaction::Status;
use offers_domain::views::TransactionDetail;

use super::account::{history, view};
use super::overfetch;
use crate::partners::keys_of;
use crate::rows::{
    AccountRow, ApiKeyRow, OfferNameRow, PartnerOrderRow, PartnerRow, Reading, TransactionRow, key_holder,
    micros,
};
use crate::schema::{accounts, api_keys, offers, partner_orders, partners, transactions};
use crate::store::SqliteStore;

/// What the index of orders that did not succeed is told by; written out, so that it is found whatever the status is.
const RARE: &str = "(transactions.channel = 'partner' AND transactions.status <> 'SUCCESS')";

/// Both sides of the ledger, each in the order of its index.
const STATEMENT: &str = "
    SELECT m.id AS id, m.kind AS kind, m.amount AS amount, m.currency AS currency, m.created_at AS created_at,
           m.transaction_id AS transaction_id, p.reference AS reference
    FROM (
        SELECT * FROM (
            SELECT id, kind, -amount AS amount, currency, created_at, transaction_id FROM transfers
            WHERE debit_account_id = ?1 AND debit_account_id < 0 AND id < ?2 ORDER BY id DESC LIMIT ?3
        )
        UNION ALL
        SELECT * FROM (
            SELECT id, kind, amount, currency, created_at, transaction_id FROM transfers
            WHERE credit_account_id = ?1 AND credit_account_id < 0 AND id < ?2 ORDER BY id DESC LIMIT ?3
        )
    ) m LEFT JOIN partner_orders p ON p.transaction_id = m.transaction_id
    ORDER BY m.id DESC LIMIT ?3";

#[derive(QueryableByName)]
struct StatementRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    created_at: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    transaction_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
}

impl TryFrom<StatementRow> for StatementEntry {
    type Error = StoreError;

    fn try_from(row: StatementRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "transfers", row: &row.id };
        let order = match (row.transaction_id, row.reference.as_deref()) {
            (Some(id), Some(text)) => {
                let id = TransactionId(reading.uuid("transaction_id", &id)?);
                Some((id, reading.spelled("transaction_id", text)?))
            }
            (None, None) => None,
            _ => return Err(reading.corrupt("transaction_id")),
        };
        Ok(Self {
            id: TransferId(row.id),
            kind: reading.spelled("kind", &row.kind)?,
            amount: reading.money("amount", Some(row.amount), Some(&row.currency))?,
            order,
            at: reading.instant("created_at", row.created_at)?,
        })
    }
}

#[async_trait]
impl PartnerQueries for SqliteStore {
    async fn key_holder(&self, hash: KeyHash) -> Result<Option<KeyHolder>, StoreError> {
        self.readers
            .read(move |connection| {
                let row: Option<(ApiKeyRow, PartnerRow)> = api_keys::table
                    .inner_join(partners::table)
                    .filter(api_keys::hash.eq(hash.0.as_slice()))
                    .select((ApiKeyRow::as_select(), PartnerRow::as_select()))
                    .get_result(connection)
                    .optional()?;
                Ok(row.map(key_holder).transpose()?)
            })
            .await
    }

    async fn partners(&self, page: &PageRequest<PartnerId>) -> Result<Page<PartnerView>, StoreError> {
        let (after, limit) = (page.after.map_or(0, |partner| partner.0), page.limit);
        self.readers
            .read(move |connection| {
                let rows: Vec<(PartnerRow, AccountRow)> = partners::table
                    .inner_join(accounts::table)
                    .filter(partners::id.gt(after))
                    .order(partners::id)
                    .limit(overfetch(limit))
                    .select((PartnerRow::as_select(), AccountRow::as_select()))
                    .load(connection)?;
                let view = |(partner, account): (PartnerRow, AccountRow)| {
                    Ok(PartnerView { partner: partner.try_into()?, settlement: account.settlement()? })
                };
                let views = rows.into_iter().map(view).collect::<Result<_, StoreError>>()?;
                Ok(Page::from_overfetch(views, limit))
            })
            .await
    }

    async fn partner_named(&self, name: &PartnerName) -> Result<Option<Partner>, StoreError> {
        let name = name.as_str().to_owned();
        self.readers
            .read(move |connection| {
                let partner = partners::table.filter(partners::name.eq(name)).select(PartnerRow::as_select());
                Ok(partner.get_result(connection).optional()?.map(Partner::try_from).transpose()?)
            })
            .await
    }

    async fn api_keys(&self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError> {
        self.readers.read(move |connection| keys_of(connection, partner)).await
    }

    async fn statement(
        &self,
        partner: PartnerId,
        page: &PageRequest<TransferId>,
    ) -> Result<Option<(SettlementView, Page<StatementEntry>)>, StoreError> {
        let id = AccountId::settlement_of(partner);
        let (after, limit) = (page.after.map_or(i64::MAX, |transfer| transfer.0), page.limit);
        self.readers
            .snapshot(move |connection| {
                let account = accounts::table.find(id.0).select(AccountRow::as_select());
                let account: Option<AccountRow> = account.get_result(connection).optional()?;
                let Some(account) = account else { return Ok(None) };
                let rows: Vec<StatementRow> = diesel::sql_query(STATEMENT)
                    .bind::<BigInt, _>(id.0)
                    .bind::<BigInt, _>(after)
                    .bind::<BigInt, _>(overfetch(limit))
                    .load(connection)?;
                let entries = rows.into_iter().map(StatementEntry::try_from).collect::<Result<_, _>>()?;
                Ok(Some((account.settlement()?, Page::from_overfetch(entries, limit))))
            })
            .await
    }

    async fn partner_orders(
        &self,
        partner: PartnerId,
        filter: &PartnerOrderFilter,
        page: &PageRequest<TransactionId>,
    ) -> Result<Page<PartnerOrderView>, StoreError> {
        let mut query = partner_orders::table
            .inner_join(transactions::table.inner_join(offers::table))
            .filter(partner_orders::partner_id.eq(partner.0))
            .order(partner_orders::transaction_id.desc())
            .limit(overfetch(page.limit))
            .select((PartnerOrderRow::as_select(), TransactionRow::as_select(), OfferNameRow::as_select()))
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(partner_orders::transaction_id.lt(after.0.as_bytes().to_vec()));
        }
        if let Some(status) = filter.status {
            query = query.filter(transactions::status.eq(status.as_str()));
        }
        if filter.status.is_some_and(|status| status != Status::Success) {
            query = query.filter(sql::<Bool>(RARE));
        }
        if let Some(name) = filter.partner_reference.clone() {
            query = query.filter(partner_orders::partner_reference.eq(name));
        }
        if let Some(from) = filter.from {
            query = query.filter(transactions::created_at.ge(micros(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(transactions::created_at.lt(micros(to)));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<(PartnerOrderRow, TransactionRow, OfferNameRow)> = query.load(connection)?;
                let views = rows.into_iter().map(order_view).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(views, limit))
            })
            .await
    }

    async fn partner_order(
        &self,
        partner: PartnerId,
        reference: Reference,
    ) -> Result<Option<PartnerOrderDetail>, StoreError> {
        self.readers
            .snapshot(move |connection| {
                let row: Option<(PartnerOrderRow, TransactionRow, OfferNameRow)> = partner_orders::table
                    .inner_join(transactions::table.inner_join(offers::table))
                    .filter(partner_orders::partner_id.eq(partner.0))
                    .filter(partner_orders::reference.eq(reference.to_string()))
                    .select((
                        PartnerOrderRow::as_select(),
                        TransactionRow::as_select(),
                        OfferNameRow::as_select(),
                    ))
                    .get_result(connection)
                    .optional()?;
                let Some(row) = row else { return Ok(None) };
                let PartnerOrderView { order, transaction } = order_view(row)?;
                let timeline = history(connection, order.transaction)?;
                Ok(Some(PartnerOrderDetail { order, detail: TransactionDetail { transaction, timeline } }))
            })
            .await
    }
}

fn order_view(
    (order, transaction, offer): (PartnerOrderRow, TransactionRow, OfferNameRow),
) -> Result<PartnerOrderView, StoreError> {
    Ok(PartnerOrderView { order: order.try_into()?, transaction: view((transaction, offer))? })
}
