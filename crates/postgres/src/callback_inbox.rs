//! Reports of activation partners.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid};
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::callback::{CallbackId, Received};
use offers_domain::ports::{CallbackInbox, StoreError};
use time::OffsetDateTime;

use crate::rows::CallbackRow;
use crate::statement::{bind_columns, statement};
use crate::unit_of_work::PgUnitOfWork;

const KNOWN: &str = "
    SELECT n.place FROM unnest($1, $2) WITH ORDINALITY AS n (activation_partner, callback_id, place)
    JOIN activation_callbacks USING (activation_partner, callback_id)";

/// In the order of their keys, so that two units which keep the same ones wait for each other in one direction only.
const INSERT: &str = "
    INSERT INTO activation_callbacks (
        activation_partner, callback_id, transaction_id, answer, detail, outcome, received_at
    )
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (
        activation_partner, callback_id, transaction_id, answer, detail, outcome, received_at
    )
    ORDER BY activation_partner, callback_id
    ON CONFLICT (activation_partner, callback_id) DO NOTHING";

/// The oldest first, by the index on the age.
const PURGE: &str = "
    DELETE FROM activation_callbacks WHERE (activation_partner, callback_id) IN (
        SELECT activation_partner, callback_id FROM activation_callbacks WHERE received_at < $1
        ORDER BY received_at LIMIT $2
    )";

/// The place of a report among those that were asked about, from 1 on.
#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

#[async_trait]
impl CallbackInbox for PgUnitOfWork {
    async fn known_callbacks(
        &mut self,
        ids: &[(ActivationPartner, CallbackId)],
    ) -> Result<HashSet<(ActivationPartner, CallbackId)>, StoreError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let partners: Vec<String> = ids.iter().map(|(partner, _)| partner.to_string()).collect();
        let keys: Vec<String> = ids.iter().map(|(_, id)| id.as_str().to_owned()).collect();
        let known = statement(KNOWN).bind::<Array<Text>, _>(partners).bind::<Array<Text>, _>(keys);
        let places: Vec<Place> = self.rows(known).await?;
        let found = |place: Place| ids.get(usize::try_from(place.place).ok()?.checked_sub(1)?).cloned();
        Ok(places.into_iter().filter_map(found).collect())
    }

    async fn insert_callbacks(&mut self, received: &[Received]) -> Result<(), StoreError> {
        if received.is_empty() {
            return Ok(());
        }
        let rows: Vec<CallbackRow> = received.iter().map(CallbackRow::from).collect();
        let insert = bind_columns!(statement(INSERT), rows;
            activation_partner: Text, callback_id: Text, transaction_id: Uuid, answer: Text, detail: Nullable<Text>,
            outcome: Text, received_at: Timestamptz);
        self.write_rows(insert, rows.len(), StoreError::Contention("a report has just been kept".into()))
    }

    async fn purge_callbacks(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        self.run(statement(PURGE).bind::<Timestamptz, _>(limit).bind::<BigInt, _>(at_most)).await
    }
}
