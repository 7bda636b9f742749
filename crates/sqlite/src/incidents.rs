//! Incidents and the work that they make.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, NewIncident};
use offers_domain::ports::{Incidents, Locked, StoreError};
use time::OffsetDateTime;

use crate::activation_pauses::is_paused;
use crate::error::SqliteError;
use crate::rows::{IncidentRow, IncidentStateRow, NewIncidentRow, micros};
use crate::schema::incidents;
use crate::unit_of_work::{SqliteUnitOfWork, locked_work};
use crate::update::update;

#[async_trait]
impl Incidents for SqliteUnitOfWork {
    async fn insert_incidents(&mut self, incidents: &[NewIncident]) -> Result<(), StoreError> {
        self.over(incidents, |connection, new| {
            for incident in &new {
                diesel::insert_into(incidents::table)
                    .values(NewIncidentRow::from(incident))
                    .on_conflict((incidents::transaction_id, incidents::kind))
                    .do_nothing()
                    .execute(connection)?;
            }
            Ok(())
        })
        .await
    }

    async fn lock_due_incidents(
        &mut self,
        partners: &[ActivationPartner],
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Incident>>, StoreError> {
        self.over(partners, move |connection, partners| {
            let mut called = Vec::with_capacity(partners.len());
            for partner in partners {
                if !is_paused(connection, partner)? {
                    called.push(partner.to_string());
                }
            }
            let due = incidents::table
                .filter(incidents::due_at.le(micros(now)))
                .filter(incidents::activation_partner.eq_any(called))
                .order((incidents::due_at, incidents::id))
                .select(IncidentRow::as_select());
            Ok(locked_work(due.load_iter::<IncidentRow, DefaultLoadingMode>(connection)?, limit)?)
        })
        .await
    }

    async fn lock_incidents(&mut self, ids: &[IncidentId]) -> Result<Vec<Locked<Incident>>, StoreError> {
        self.over(ids, |connection, mut ids| {
            ids.sort_unstable();
            ids.dedup();
            ids.iter().filter_map(|id| find(connection, *id).transpose()).collect()
        })
        .await
    }

    async fn update_incidents(&mut self, incidents: &[Incident]) -> Result<(), StoreError> {
        self.over(incidents, |connection, changed| {
            changed.iter().try_for_each(|incident| save(connection, incident))
        })
        .await
    }
}

/// While a unit has its turn nobody else writes, so every row that it reads is locked.
fn find(connection: &mut SqliteConnection, id: IncidentId) -> Result<Option<Locked<Incident>>, SqliteError> {
    let row = incidents::table.find(id.0).select(IncidentRow::as_select());
    let incident = row.get_result(connection).optional()?.map(Incident::try_from).transpose()?;
    Ok(incident.map(Locked::by_store))
}

fn save(connection: &mut SqliteConnection, incident: &Incident) -> Result<(), SqliteError> {
    let saved = update(&incidents::table, IncidentStateRow::from(incident), incidents::id.eq(incident.id.0));
    if saved.execute(connection)? == 1 {
        Ok(())
    } else {
        Err(StoreError::Misuse(format!("there is no incident {}", incident.id)).into())
    }
}
