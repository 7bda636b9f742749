//! Undoing at the partner what it did for an order whose money is back.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentStatus};
use offers_domain::partner::{ActivationRequest, Answer};
use offers_domain::ports::{ActivationGateway, IdSource, Locked, Store, StoreError};
use offers_domain::retry::RetryPolicy;

use crate::transact::{Done, transact};

/// How many voids are under way at once. Incidents are rare; this only bounds a bad day.
const AT_ONCE: usize = 16;

/// The use case.
pub struct VoidLateSuccesses {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// The activation partners.
    pub gateway: Arc<dyn ActivationGateway>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// How long and how often.
    pub policy: RetryPolicy,
    /// Whom the settings name.
    pub partners: Vec<ActivationPartner>,
}

impl VoidLateSuccesses {
    /// Claims due incidents, asks their partners to undo them with no unit of work open, and settles; how many. A process
    /// that dies in between loses its lease, and a void may be asked for twice: it has one effect.
    pub async fn run(&self) -> Result<usize, StoreError> {
        let claimed = self.claim().await?;
        let calls = claimed.iter().map(|(incident, request)| async move {
            (incident.id, (incident.attempt, self.gateway.void(request).await))
        });
        let answers: HashMap<_, _> = join_all(calls).await.into_iter().collect();
        self.settle(&answers).await?;
        Ok(answers.len())
    }

    async fn claim(&self) -> Result<Vec<(Incident, ActivationRequest)>, StoreError> {
        let (partners, policy) = (&self.partners, &self.policy);
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let mut due = unit.lock_due_incidents(partners, AT_ONCE, now).await?;
                let claimed: Vec<Incident> = due
                    .iter_mut()
                    .filter_map(|incident| incident.claim(now, policy.lease).then(|| (**incident).clone()))
                    .collect();
                if claimed.is_empty() {
                    return Ok(Done::Nothing(Vec::new()));
                }
                unit.update_incidents(&claimed).await?;
                let ids: Vec<_> = claimed.iter().map(|incident| incident.transaction).collect();
                let orders: HashMap<_, _> = unit.find_orders(&ids).await?.into_iter().collect();
                let with_request = |incident: Incident| {
                    let order = orders.get(&incident.transaction)?;
                    Some((incident.clone(), order.request(incident.transaction)))
                };
                Ok(Done::Write(claimed.into_iter().filter_map(with_request).collect()))
            })
        })
        .await
    }

    async fn settle(&self, answers: &HashMap<IncidentId, (u32, Answer)>) -> Result<(), StoreError> {
        if answers.is_empty() {
            return Ok(());
        }
        let (ids, policy) = (&answers.keys().copied().collect::<Vec<_>>(), &self.policy);
        let settled = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let mut incidents = unit.lock_incidents(ids).await?;
                let now = unit.now().await?;
                let follow = |incident: &mut Locked<Incident>| {
                    let (attempt, answer) = answers.get(&incident.id)?;
                    incident.settle(*attempt, answer, policy, now).then(|| (**incident).clone())
                };
                let settled: Vec<_> = incidents.iter_mut().filter_map(follow).collect();
                unit.update_incidents(&settled).await?;
                Ok(if settled.is_empty() { Done::Nothing(settled) } else { Done::Write(settled) })
            })
        })
        .await?;
        settled.iter().for_each(tell);
        Ok(())
    }
}

fn tell(incident: &Incident) {
    let (id, answer) = (incident.transaction, incident.last_answer.as_deref().unwrap_or_default());
    match incident.state.status() {
        IncidentStatus::Resolved => {
            tracing::info!(transaction.id = %id, partner = %incident.partner, "a late success is undone");
        }
        IncidentStatus::Voiding => {
            tracing::warn!(transaction.id = %id, partner = %incident.partner, answer, "a late success is not undone yet");
        }
        IncidentStatus::NeedsAttention => {
            tracing::error!(transaction.id = %id, partner = %incident.partner, answer, "a late success could not be undone");
        }
    }
}
