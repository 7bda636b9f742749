//! Offers.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Numeric, Text, Timestamptz};
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferTerms, Stock};
use offers_domain::ports::{Catalogue, Locked, StoreError};
use time::OffsetDateTime;

use crate::rows::{ChangedOfferRow, NewOfferRow, OfferRow, Reading};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const FIND: &str = "
    SELECT id, name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy,
           is_active, version, stock, per_customer, requires, excludes, name_fr, description_fr
    FROM offers WHERE id = ANY ($1) ORDER BY id";

const LOCK: &str = "
    SELECT id, name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy,
           is_active, version, stock, per_customer, requires, excludes, name_fr, description_fr
    FROM offers WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE";

const UPDATE: &str = "
    UPDATE offers o SET
        is_active = n.is_active, version = n.version, name = n.name, description = n.description, category = n.category,
        price = n.price, currency = n.currency, duration_days = n.duration_days, sale_from = n.sale_from,
        sale_until = n.sale_until, purchase_policy = n.purchase_policy, stock = n.stock, per_customer = n.per_customer,
        requires = n.requires, excludes = n.excludes, name_fr = n.name_fr, description_fr = n.description_fr,
        updated_at = $1
    FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) AS n (
        id, is_active, version, name, description, category, price, currency, duration_days, sale_from, sale_until,
        purchase_policy, stock, per_customer, requires, excludes, name_fr, description_fr
    )
    WHERE o.id = n.id";

const INSERT: &str = "
    INSERT INTO offers (
        name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy, stock,
        per_customer, requires, excludes, name_fr, description_fr, created_at, updated_at
    )
    SELECT name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy, stock,
           per_customer, requires, excludes, name_fr, description_fr, $1, $1
    FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) WITH ORDINALITY AS n (
        name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy, stock,
        per_customer, requires, excludes, name_fr, description_fr, place
    )
    ORDER BY place
    RETURNING id";

/// Makes the row of a stock that nobody has taken from; either way it is then locked.
const LOCK_STOCKS: &str = "
    INSERT INTO offer_stocks (offer_id, taken)
    SELECT DISTINCT offer_id, 0 FROM unnest($1) AS n (offer_id) ORDER BY offer_id
    ON CONFLICT (offer_id) DO UPDATE SET taken = offer_stocks.taken
    RETURNING offer_id, taken";

const UPDATE_STOCKS: &str = "
    UPDATE offer_stocks s SET taken = n.taken FROM unnest($1, $2) AS n (offer_id, taken)
    WHERE s.offer_id = n.offer_id";

#[derive(QueryableByName)]
struct StockRow {
    #[diesel(sql_type = BigInt)]
    offer_id: i64,
    #[diesel(sql_type = BigInt)]
    taken: i64,
}

#[async_trait]
impl Catalogue for PgUnitOfWork {
    async fn offers(&mut self, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<OfferRow> = self.rows(statement(FIND).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(Offer::try_from).collect()
    }

    async fn insert_offers(
        &mut self,
        terms: &[OfferTerms],
        now: OffsetDateTime,
    ) -> Result<Vec<OfferId>, StoreError> {
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<NewOfferRow> = terms.iter().map(NewOfferRow::from).collect();
        let insert = statement(INSERT).bind::<Timestamptz, _>(now);
        let insert = bind_columns!(insert, rows;
            name: Text, description: Text, category: Text, price: Numeric, currency: Text, duration_days: BigInt,
            sale_from: Nullable<Timestamptz>, sale_until: Nullable<Timestamptz>, purchase_policy: Text,
            stock: Nullable<BigInt>, per_customer: Nullable<BigInt>, requires: Nullable<BigInt>,
            excludes: Nullable<BigInt>, name_fr: Nullable<Text>, description_fr: Nullable<Text>);
        self.insert(insert, OfferId).await
    }

    async fn lock_offers(&mut self, ids: &[OfferId]) -> Result<Vec<Locked<Offer>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<OfferRow> = self.rows(statement(LOCK).bind::<Array<BigInt>, _>(ids)).await?;
        rows.into_iter().map(|row| Ok(Locked::by_store(Offer::try_from(row)?))).collect()
    }

    async fn update_offers(&mut self, offers: &[Offer], now: OffsetDateTime) -> Result<(), StoreError> {
        if offers.is_empty() {
            return Ok(());
        }
        let rows: Vec<ChangedOfferRow> = offers.iter().map(ChangedOfferRow::from).collect();
        let update = statement(UPDATE).bind::<Timestamptz, _>(now);
        let update = bind_columns!(update, rows;
            id: BigInt, is_active: Bool, version: BigInt, terms.name: Text, terms.description: Text,
            terms.category: Text, terms.price: Numeric, terms.currency: Text, terms.duration_days: BigInt,
            terms.sale_from: Nullable<Timestamptz>, terms.sale_until: Nullable<Timestamptz>,
            terms.purchase_policy: Text, terms.stock: Nullable<BigInt>, terms.per_customer: Nullable<BigInt>,
            terms.requires: Nullable<BigInt>, terms.excludes: Nullable<BigInt>, terms.name_fr: Nullable<Text>,
            terms.description_fr: Nullable<Text>);
        self.write(update)
    }

    async fn lock_stocks(&mut self, offers: &[OfferId]) -> Result<Vec<Locked<Stock>>, StoreError> {
        if offers.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<i64> = offers.iter().map(|id| id.0).collect();
        let rows: Vec<StockRow> = self.rows(statement(LOCK_STOCKS).bind::<Array<BigInt>, _>(ids)).await?;
        let stock = |StockRow { offer_id, taken }| {
            let reading = Reading { table: "offer_stocks", row: &offer_id };
            let taken = reading.number("taken", taken)?;
            Ok(Locked::by_store(Stock { offer: OfferId(offer_id), taken }))
        };
        let mut stocks: Vec<Locked<Stock>> =
            rows.into_iter().map(stock).collect::<Result<_, StoreError>>()?;
        stocks.sort_by_key(|stock| stock.offer);
        Ok(stocks)
    }

    async fn update_stocks(&mut self, stocks: &[Stock]) -> Result<(), StoreError> {
        if stocks.is_empty() {
            return Ok(());
        }
        let (ids, taken): (Vec<i64>, Vec<i64>) =
            stocks.iter().map(|stock| (stock.offer.0, i64::from(stock.taken))).unzip();
        let update = statement(UPDATE_STOCKS).bind::<Array<BigInt>, _>(ids).bind::<Array<BigInt>, _>(taken);
        self.write(update)
    }
}
