//! Incidents that a person has dealt with.

use std::slice::from_ref;
use std::sync::Arc;

use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ids::IncidentId;
use offers_domain::incident::Incident;
use offers_domain::ports::{IdSource, Store, StoreError};
use thiserror::Error;

use crate::identity::Deed;
use crate::transact::{Done, transact};

/// Why an incident stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CloseIncidentError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no such incident.
    #[error("there is no such incident")]
    Unknown,
    /// It takes a higher role, or it is about their own order.
    #[error("not allowed")]
    Forbidden,
    /// It is over already.
    #[error("the incident is closed already")]
    Closed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct CloseIncidents {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

impl CloseIncidents {
    /// Closes an incident: from now on nobody is called about it. The order and the ledger stay as they are; nobody
    /// closes what is about their own order, which may be a service that they have for nothing.
    pub async fn run(&self, id: IncidentId, deed: Deed<'_>) -> Result<Incident, CloseIncidentError> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !deed.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(CloseIncidentError::SessionEnded)));
                }
                let Some(mut incident) = unit.lock_incidents(&[id]).await?.pop() else {
                    return Ok(Done::Nothing(Err(CloseIncidentError::Unknown)));
                };
                let orders = unit.find_orders(&[incident.transaction]).await?;
                let users: Vec<_> = orders.iter().map(|(_, order)| order.user).collect();
                let people = unit.find_users(&users).await?;
                if !people.first().is_some_and(|person| deed.concerns(person)) {
                    return Ok(Done::Nothing(Err(CloseIncidentError::Forbidden)));
                }
                let before = incident.state.status();
                if !incident.close(now) {
                    return Ok(Done::Nothing(Err(CloseIncidentError::Closed)));
                }
                unit.update_incidents(from_ref(&*incident)).await?;
                let entry = deed
                    .entry(AuditAction::IncidentClosed, Subject::Incident(id), now)
                    .with("transaction", incident.transaction)
                    .with("from", before);
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok((*incident).clone())))
            })
        })
        .await?
    }
}
