//! Activation partners in the hands of the back office: which there are, and which are called.

use std::collections::HashMap;
use std::sync::Arc;

use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ports::{IdSource, Queries, Store, StoreError, WakeUp};
use thiserror::Error;

use crate::identity::Deed;
use crate::transact::{Done, transact};

/// An activation partner as the back office sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationPartnerView {
    /// Its name.
    pub partner: ActivationPartner,
    /// Since when and why it is not called, where it is not.
    pub pause: Option<ActivationPause>,
    /// Its orders that have not ended.
    pub open_orders: u64,
}

/// Why nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManageActivationPartnersError {
    /// The settings name no such partner.
    #[error("there is no activation partner {0}")]
    Unknown(ActivationPartner),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases.
pub struct ManageActivationPartners {
    /// Those that the settings name.
    pub partners: Vec<ActivationPartner>,
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// The reading side.
    pub queries: Arc<dyn Queries>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
    /// Wakes workers when there is work for them again.
    pub wake_up: Arc<dyn WakeUp>,
}

impl ManageActivationPartners {
    /// Every partner, in the order of the settings.
    pub async fn list(&self) -> Result<Vec<ActivationPartnerView>, StoreError> {
        let pauses = self.queries.activation_pauses().await?.into_iter();
        let mut pauses: HashMap<_, _> = pauses.map(|pause| (pause.partner, pause)).collect();
        let open: HashMap<_, _> = self.queries.open_orders().await?.into_iter().collect();
        let view = |partner: &ActivationPartner| ActivationPartnerView {
            partner: *partner,
            pause: pauses.remove(partner),
            open_orders: open.get(partner).copied().unwrap_or_default(),
        };
        Ok(self.partners.iter().map(view).collect())
    }

    /// Stops every worker from calling this partner: no new call is begun, those under way end as they would. Its orders
    /// are taken and wait. False where it is paused already, which leaves no trace.
    pub async fn pause(
        &self,
        partner: ActivationPartner,
        deed: Deed<'_>,
    ) -> Result<bool, ManageActivationPartnersError> {
        self.check(partner)?;
        let paused = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let since = unit.now().await?;
                let pause = ActivationPause { partner, reason: deed.reason.clone(), since };
                if !unit.pause_activation(&pause).await? {
                    return Ok(Done::Nothing(false));
                }
                let subject = Subject::ActivationPartner(partner);
                unit.record_audit(&[deed.entry(AuditAction::ActivationPaused, subject, since)]).await?;
                Ok(Done::Write(true))
            })
        })
        .await?;
        Ok(paused)
    }

    /// Lets workers call this partner again; the pause does not count against its open orders. False where it is not paused, which leaves no trace.
    pub async fn resume(
        &self,
        partner: ActivationPartner,
        deed: Deed<'_>,
    ) -> Result<bool, ManageActivationPartnersError> {
        self.check(partner)?;
        let resumed = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !unit.resume_activation(partner, now).await? {
                    return Ok(Done::Nothing(false));
                }
                let subject = Subject::ActivationPartner(partner);
                unit.record_audit(&[deed.entry(AuditAction::ActivationResumed, subject, now)]).await?;
                Ok(Done::Write(true))
            })
        })
        .await?;
        if resumed {
            self.wake_up.ring().await;
        }
        Ok(resumed)
    }

    fn check(&self, partner: ActivationPartner) -> Result<(), ManageActivationPartnersError> {
        let known = self.partners.contains(&partner);
        known.then_some(()).ok_or(ManageActivationPartnersError::Unknown(partner))
    }
}
