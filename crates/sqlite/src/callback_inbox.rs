//! Reports of activation partners.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::callback::{CallbackId, Received};
use offers_domain::ports::{CallbackInbox, StoreError};
use time::OffsetDateTime;

use crate::rows::{CallbackRow, micros};
use crate::schema::activation_callbacks;
use crate::unit_of_work::SqliteUnitOfWork;

/// The oldest first, by the index on the age.
const PURGE: &str = "
    DELETE FROM activation_callbacks WHERE (activation_partner, callback_id) IN (
        SELECT activation_partner, callback_id FROM activation_callbacks WHERE received_at < ?1
        ORDER BY received_at LIMIT ?2
    )";

#[async_trait]
impl CallbackInbox for SqliteUnitOfWork {
    async fn known_callbacks(
        &mut self,
        ids: &[(ActivationPartner, CallbackId)],
    ) -> Result<HashSet<(ActivationPartner, CallbackId)>, StoreError> {
        self.over(ids, |connection, ids| {
            let mut known = HashSet::new();
            for (partner, id) in ids {
                let row = activation_callbacks::table
                    .find((partner.to_string(), id.as_str().to_owned()))
                    .select(activation_callbacks::received_at);
                if row.get_result::<i64>(connection).optional()?.is_some() {
                    known.insert((partner, id));
                }
            }
            Ok(known)
        })
        .await
    }

    async fn insert_callbacks(&mut self, received: &[Received]) -> Result<(), StoreError> {
        self.over(received, |connection, received| {
            for one in &received {
                let row = CallbackRow::from(one);
                let added = diesel::insert_into(activation_callbacks::table)
                    .values(row)
                    .on_conflict((
                        activation_callbacks::activation_partner,
                        activation_callbacks::callback_id,
                    ))
                    .do_nothing();
                if added.execute(connection)? == 0 {
                    return Err(StoreError::Contention("a report has just been kept".into()).into());
                }
            }
            Ok(())
        })
        .await
    }

    async fn purge_callbacks(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let (limit, at_most) = (micros(limit), i64::try_from(at_most).unwrap_or(i64::MAX));
        self.run(move |connection| {
            let purge = diesel::sql_query(PURGE).bind::<BigInt, _>(limit).bind::<BigInt, _>(at_most);
            Ok(purge.execute(connection)?)
        })
        .await
    }
}
