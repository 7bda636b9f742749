//! Reads which activation partners have work, and which are paused.

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ports::{ActivationQueries, StoreError};

use crate::rows::{PauseRow, Reading};
use crate::schema::{activation_pauses, transactions};
use crate::store::SqliteStore;

#[async_trait]
impl ActivationQueries for SqliteStore {
    async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError> {
        let pauses = activation_pauses::table
            .order(activation_pauses::activation_partner)
            .select(PauseRow::as_select());
        self.readers
            .read(move |connection| {
                let rows: Vec<PauseRow> = pauses.load(connection)?;
                Ok(rows.into_iter().map(ActivationPause::try_from).collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError> {
        self.readers
            .read(|connection| {
                let rows: Vec<(String, i64)> = transactions::table
                    .filter(transactions::completed_at.is_null())
                    .group_by(transactions::activation_partner)
                    .order(transactions::activation_partner)
                    .select((transactions::activation_partner, count_star()))
                    .load(connection)?;
                let reading = Reading { table: "transactions", row: &"?" };
                let read = |(partner, count): (String, i64)| {
                    let partner = reading.spelled("activation_partner", &partner)?;
                    Ok((partner, reading.number("completed_at", count)?))
                };
                rows.into_iter().map(read).collect()
            })
            .await
    }
}
