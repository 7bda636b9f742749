//! Reads what belongs to one partner. The partner is part of every question.

use async_trait::async_trait;
use bigdecimal::BigDecimal;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
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
use time::OffsetDateTime;
use uuid::Uuid;

use super::account::view;
use super::overfetch;
use crate::rows::{
    AccountRow, ApiKeyRow, EventRow, OfferNameRow, PartnerOrderRow, PartnerRow, Reading, TransactionRow,
    key_holder, timeline_entry,
};
use crate::schema::{accounts, api_keys, offers, partner_orders, partners, transaction_events, transactions};
use crate::statement::statement;
use crate::store::PgStore;

/// What the index of orders that did not succeed is told by; written out, so that it is found whatever the status is.
const RARE: &str = "(transactions.channel = 'partner' AND transactions.status <> 'SUCCESS')";

/// The account beside each of its movements, or alone; both sides of the ledger, each in the order of its index.
const STATEMENT: &str = "
    SELECT a.id AS account_id, a.currency, a.balance, a.credit_limit, a.updated_at,
           m.id, m.kind, m.amount, m.created_at, m.transaction_id, p.reference
    FROM accounts a LEFT JOIN (
        (SELECT id, kind, -amount AS amount, created_at, transaction_id FROM transfers
         WHERE debit_account_id = $1 AND debit_account_id < 0 AND id < $2 ORDER BY id DESC LIMIT $3)
        UNION ALL
        (SELECT id, kind, amount, created_at, transaction_id FROM transfers
         WHERE credit_account_id = $1 AND credit_account_id < 0 AND id < $2 ORDER BY id DESC LIMIT $3)
    ) m ON TRUE LEFT JOIN partner_orders p ON p.transaction_id = m.transaction_id
    WHERE a.id = $1 ORDER BY m.id DESC LIMIT $3";

#[derive(QueryableByName)]
struct StatementRow {
    #[diesel(sql_type = BigInt)]
    account_id: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = Numeric)]
    balance: BigDecimal,
    #[diesel(sql_type = Numeric)]
    credit_limit: BigDecimal,
    #[diesel(sql_type = Timestamptz)]
    updated_at: OffsetDateTime,
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    amount: Option<BigDecimal>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    created_at: Option<OffsetDateTime>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    transaction_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
}

impl StatementRow {
    fn settlement(&self) -> Result<SettlementView, StoreError> {
        let reading = Reading { table: "accounts", row: &self.account_id };
        let currency = reading.spelled("currency", &self.currency)?;
        Ok(SettlementView {
            balance: reading.money("balance", &self.balance, currency)?,
            credit_limit: reading.money("credit_limit", &self.credit_limit, currency)?,
            updated_at: self.updated_at,
        })
    }

    /// None for an account that has never moved.
    fn entry(&self) -> Result<Option<StatementEntry>, StoreError> {
        let (Some(id), Some(kind), Some(amount), Some(at)) =
            (self.id, &self.kind, &self.amount, self.created_at)
        else {
            return Ok(None);
        };
        let reading = Reading { table: "transfers", row: &id };
        let order = match (self.transaction_id, self.reference.as_deref()) {
            (Some(id), Some(text)) => Some((TransactionId(id), reading.spelled("transaction_id", text)?)),
            (None, None) => None,
            _ => return Err(reading.corrupt("transaction_id")),
        };
        let kind = reading.spelled("kind", kind)?;
        let amount = reading.money("amount", amount, reading.spelled("currency", &self.currency)?)?;
        Ok(Some(StatementEntry { id: TransferId(id), kind, amount, order, at }))
    }
}

#[async_trait]
impl PartnerQueries for PgStore {
    async fn key_holder(&self, hash: KeyHash) -> Result<Option<KeyHolder>, StoreError> {
        let holder = api_keys::table
            .inner_join(partners::table)
            .filter(api_keys::hash.eq(hash.0.to_vec()))
            .select((ApiKeyRow::as_select(), PartnerRow::as_select()));
        self.readers.row(holder).await?.map(key_holder).transpose()
    }

    async fn partners(&self, page: &PageRequest<PartnerId>) -> Result<Page<PartnerView>, StoreError> {
        let after = page.after.map_or(0, |partner| partner.0);
        let query = partners::table
            .inner_join(accounts::table)
            .filter(partners::id.gt(after))
            .order(partners::id)
            .limit(overfetch(page.limit))
            .select((PartnerRow::as_select(), AccountRow::as_select()));
        let rows: Vec<(PartnerRow, AccountRow)> = self.readers.rows(query).await?;
        let view = |(partner, account): (PartnerRow, AccountRow)| {
            Ok(PartnerView { partner: partner.try_into()?, settlement: account.settlement()? })
        };
        let views = rows.into_iter().map(view).collect::<Result<_, StoreError>>()?;
        Ok(Page::from_overfetch(views, page.limit))
    }

    async fn partner_named(&self, name: &PartnerName) -> Result<Option<Partner>, StoreError> {
        let query = partners::table
            .filter(partners::name.eq(name.as_str().to_owned()))
            .select(PartnerRow::as_select());
        self.readers.row::<_, PartnerRow>(query).await?.map(Partner::try_from).transpose()
    }

    async fn api_keys(&self, partner: PartnerId) -> Result<Vec<ApiKey>, StoreError> {
        let keys = api_keys::table
            .filter(api_keys::partner_id.eq(partner.0))
            .order(api_keys::id)
            .select(ApiKeyRow::as_select());
        let rows: Vec<ApiKeyRow> = self.readers.rows(keys).await?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// One statement, so that the balance and the movements are of one moment.
    async fn statement(
        &self,
        partner: PartnerId,
        page: &PageRequest<TransferId>,
    ) -> Result<Option<(SettlementView, Page<StatementEntry>)>, StoreError> {
        let query = statement(STATEMENT)
            .bind::<BigInt, _>(AccountId::settlement_of(partner).0)
            .bind::<BigInt, _>(page.after.map_or(i64::MAX, |transfer| transfer.0))
            .bind::<BigInt, _>(overfetch(page.limit));
        let rows: Vec<StatementRow> = self.readers.rows(query).await?;
        let Some(settlement) = rows.first().map(StatementRow::settlement).transpose()? else {
            return Ok(None);
        };
        let entries = rows.iter().filter_map(|row| row.entry().transpose()).collect::<Result<_, _>>()?;
        Ok(Some((settlement, Page::from_overfetch(entries, page.limit))))
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
            query = query.filter(partner_orders::transaction_id.lt(after.0));
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
            query = query.filter(transactions::created_at.ge(from));
        }
        if let Some(to) = filter.to {
            query = query.filter(transactions::created_at.lt(to));
        }
        let rows: Vec<(PartnerOrderRow, TransactionRow, OfferNameRow)> = self.readers.rows(query).await?;
        let show = |(order, transaction, offer): (PartnerOrderRow, TransactionRow, OfferNameRow)| {
            Ok(PartnerOrderView { order: order.try_into()?, transaction: view((transaction, offer))? })
        };
        let views = rows.into_iter().map(show).collect::<Result<_, StoreError>>()?;
        Ok(Page::from_overfetch(views, page.limit))
    }

    /// One statement, so that the order and its history are of one moment.
    async fn partner_order(
        &self,
        partner: PartnerId,
        reference: Reference,
    ) -> Result<Option<PartnerOrderDetail>, StoreError> {
        let query = partner_orders::table
            .inner_join(transactions::table.inner_join(offers::table).left_join(transaction_events::table))
            .filter(partner_orders::partner_id.eq(partner.0))
            .filter(partner_orders::reference.eq(reference.to_string()))
            .order(transaction_events::version)
            .select((
                PartnerOrderRow::as_select(),
                TransactionRow::as_select(),
                OfferNameRow::as_select(),
                Option::<EventRow>::as_select(),
            ));
        let rows: Vec<(PartnerOrderRow, TransactionRow, OfferNameRow, Option<EventRow>)> =
            self.readers.rows(query).await?;
        let (mut timeline, mut found) = (Vec::with_capacity(rows.len()), None);
        for (order, transaction, offer, event) in rows {
            let id = TransactionId(order.transaction_id);
            timeline.extend(event.map(|event| timeline_entry(id, &event)).transpose()?);
            found = Some((order, transaction, offer));
        }
        let Some((order, transaction, offer)) = found else { return Ok(None) };
        let detail = TransactionDetail { transaction: view((transaction, offer))?, timeline };
        Ok(Some(PartnerOrderDetail { order: order.try_into()?, detail }))
    }
}
