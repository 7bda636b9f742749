//! Offers.

use async_trait::async_trait;
use diesel::sql_types::{Array, BigInt, Nullable, Numeric, Text, Timestamptz};
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferTerms};
use offers_domain::ports::{Catalogue, StoreError};
use time::OffsetDateTime;

use crate::rows::{NewOfferRow, OfferRow};
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const FIND: &str = "
    SELECT id, name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy,
           is_active, version
    FROM offers WHERE id = ANY ($1) ORDER BY id";

const INSERT: &str = "
    INSERT INTO offers (name, description, category, price, currency, duration_days, sale_from, sale_until,
                        purchase_policy, created_at, updated_at)
    SELECT name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy, $1, $1
    FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10) WITH ORDINALITY
        AS n (name, description, category, price, currency, duration_days, sale_from, sale_until, purchase_policy, place)
    ORDER BY place
    RETURNING id";

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
            sale_from: Nullable<Timestamptz>, sale_until: Nullable<Timestamptz>, purchase_policy: Text);
        self.insert(insert, OfferId).await
    }
}
