//! Incidents inside a unit of work.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::activation_partner::ActivationPartner;
use crate::ids::IncidentId;
use crate::incident::{Incident, NewIncident};

/// Records incidents and hands out the work that they make.
#[async_trait]
pub trait Incidents {
    /// Adds incidents. One that is there already, by order and kind, stays as it is.
    async fn insert_incidents(&mut self, incidents: &[NewIncident]) -> Result<(), StoreError>;

    /// Locks up to `limit` incidents of these partners that are due at `now`, the longest waiting first; those of paused
    /// partners are left out. Those that another unit has locked are skipped, not waited for; so are those that cannot be
    /// read, which are told about.
    async fn lock_due_incidents(
        &mut self,
        partners: &[ActivationPartner],
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Incident>>, StoreError>;

    /// Locks these incidents by ascending id. Unknown ids are missing from the answer.
    async fn lock_incidents(&mut self, ids: &[IncidentId]) -> Result<Vec<Locked<Incident>>, StoreError>;

    /// Saves incidents that this unit has locked.
    async fn update_incidents(&mut self, incidents: &[Incident]) -> Result<(), StoreError>;
}
