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
use crate::store::PgStore;

#[async_trait]
impl ActivationQueries for PgStore {
    async fn activation_pauses(&self) -> Result<Vec<ActivationPause>, StoreError> {
        let pauses = activation_pauses::table
            .order(activation_pauses::activation_partner)
            .select(PauseRow::as_select());
        let rows: Vec<PauseRow> = self.readers.rows(pauses).await?;
        rows.into_iter().map(ActivationPause::try_from).collect()
    }

    async fn open_orders(&self) -> Result<Vec<(ActivationPartner, u64)>, StoreError> {
        let open = transactions::table
            .filter(transactions::completed_at.is_null())
            .group_by(transactions::activation_partner)
            .order(transactions::activation_partner)
            .select((transactions::activation_partner, count_star()));
        let rows: Vec<(String, i64)> = self.readers.rows(open).await?;
        let reading = Reading { table: "transactions", row: &"?" };
        let read = |(partner, count): (String, i64)| {
            let partner = reading.spelled("activation_partner", &partner)?;
            Ok((partner, reading.number("completed_at", count)?))
        };
        rows.into_iter().map(read).collect()
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
        let rows: Vec<IncidentRow> = self.readers.rows(query).await?;
        let incidents = rows.into_iter().map(Incident::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_overfetch(incidents, page.limit))
    }

    async fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        let incident = incidents::table.filter(incidents::id.eq(id.0)).select(IncidentRow::as_select());
        self.readers.row::<_, IncidentRow>(incident).await?.map(Incident::try_from).transpose()
    }
}
