//! Reads which activation partners have work, which are paused, and what they said too late.

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentStatus};
use offers_domain::page::{Page, PageRequest};
use offers_domain::ports::{ActivationQueries, StoreError};

use super::overfetch;
use crate::rows::{IncidentRow, PauseRow, Reading};
use crate::schema::{activation_pauses, incidents, transactions};
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

    async fn incidents(
        &self,
        status: Option<IncidentStatus>,
        page: &PageRequest<IncidentId>,
    ) -> Result<Page<Incident>, StoreError> {
        let mut query = incidents::table
            .order(incidents::id.desc())
            .limit(overfetch(page.limit))
            .select(IncidentRow::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(incidents::id.lt(after.0));
        }
        if let Some(status) = status {
            query = query.filter(incidents::status.eq(status.as_str()));
        }
        let limit = page.limit;
        self.readers
            .read(move |connection| {
                let rows: Vec<IncidentRow> = query.load(connection)?;
                let incidents = rows.into_iter().map(Incident::try_from).collect::<Result<_, _>>()?;
                Ok(Page::from_overfetch(incidents, limit))
            })
            .await
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.readers
            .read(move |connection| {
                let incident = incidents::table.find(id.0).select(IncidentRow::as_select());
                Ok(incident.get_result(connection).optional()?.map(Incident::try_from).transpose()?)
            })
            .await
    }
}
