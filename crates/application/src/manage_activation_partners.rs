//! Activation partners in the hands of the back office: which there are, and which are called.

use std::collections::HashMap;
use std::sync::Arc;

use offers_domain::activation_partner::{ActivationPartner, ActivationPause};
use offers_domain::audit::{AuditAction, Subject};
use offers_domain::ports::{IdSource, Queries, Resumption, Store, StoreError, WakeUp};
use thiserror::Error;
use time::OffsetDateTime;

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
    /// Whether the settings of this process name it. Where they do not, its orders may be nobody's work.
    pub is_configured: bool,
}

/// Why nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManageActivationPartnersError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// The settings name no such partner.
    #[error("there is no activation partner {0}")]
    Unknown(ActivationPartner),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Outcome<T> = Result<T, ManageActivationPartnersError>;

/// How many orders' clocks one unit of work moves.
const AT_ONCE: usize = 500;

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
    /// Every partner: in the order of the settings, then those that have open orders without being named there.
    pub async fn list(&self) -> Result<Vec<ActivationPartnerView>, StoreError> {
        let pauses = self.queries.activation_pauses().await?.into_iter();
        let mut pauses: HashMap<_, _> = pauses.map(|pause| (pause.partner, pause)).collect();
        let open: HashMap<_, _> = self.queries.open_orders().await?.into_iter().collect();
        let mut strangers: Vec<_> =
            open.keys().filter(|partner| !self.partners.contains(partner)).copied().collect();
        strangers.sort_unstable();
        let view = |partner: &ActivationPartner| ActivationPartnerView {
            partner: *partner,
            pause: pauses.remove(partner),
            open_orders: open.get(partner).copied().unwrap_or_default(),
            is_configured: self.partners.contains(partner),
        };
        Ok(self.partners.iter().chain(&strangers).map(view).collect())
    }

    /// Stops every worker from calling this partner: no new call is begun, those under way end as they would. Its orders
    /// are taken and wait. False where it is paused already, which leaves no trace.
    pub async fn pause(&self, partner: ActivationPartner, deed: Deed<'_>) -> Outcome<bool> {
        self.check(partner)?;
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let since = unit.now().await?;
                if !deed.is_live(unit, since).await? {
                    return Ok(Done::Nothing(Err(ManageActivationPartnersError::SessionEnded)));
                }
                let pause = ActivationPause { partner, reason: deed.reason.clone(), since };
                if !unit.pause_activation(&pause).await? {
                    return Ok(Done::Nothing(Ok(false)));
                }
                let subject = Subject::ActivationPartner(partner);
                unit.record_audit(&[deed.entry(AuditAction::ActivationPaused, subject, since)]).await?;
                Ok(Done::Write(Ok(true)))
            })
        })
        .await?
    }

    /// Lets workers call this partner again; the pause does not count against its open orders. False where it is not
    /// paused, which leaves no trace. However many orders wait, each unit of work is short: the pause ends with the last
    /// of them. One that was cut off is brought to its end when somebody asks again, and what the pause lasted since does
    /// not count against anybody either.
    pub async fn resume(&self, partner: ActivationPartner, deed: Deed<'_>) -> Outcome<bool> {
        self.check(partner)?;
        let mut asked_at = None;
        loop {
            let (at, step) = self.resume_some(partner, asked_at, deed).await?;
            asked_at = Some(at);
            match step {
                Resumption::NotPaused => return Ok(false),
                Resumption::Unfinished => {}
                Resumption::Ended => break,
            }
        }
        self.wake_up.ring().await;
        Ok(true)
    }

    /// One step, with the instant at which the first one was asked for.
    async fn resume_some(
        &self,
        partner: ActivationPartner,
        asked_at: Option<OffsetDateTime>,
        deed: Deed<'_>,
    ) -> Outcome<(OffsetDateTime, Resumption)> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !deed.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(ManageActivationPartnersError::SessionEnded)));
                }
                let at = asked_at.unwrap_or(now);
                let resumption = unit.resume_activation(partner, AT_ONCE, at).await?;
                if resumption == Resumption::NotPaused {
                    return Ok(Done::Nothing(Ok((at, resumption))));
                }
                if resumption == Resumption::Ended {
                    let subject = Subject::ActivationPartner(partner);
                    unit.record_audit(&[deed.entry(AuditAction::ActivationResumed, subject, now)]).await?;
                }
                Ok(Done::Write(Ok((at, resumption))))
            })
        })
        .await?
    }

    fn check(&self, partner: ActivationPartner) -> Outcome<()> {
        let known = self.partners.contains(&partner);
        known.then_some(()).ok_or(ManageActivationPartnersError::Unknown(partner))
    }
}
