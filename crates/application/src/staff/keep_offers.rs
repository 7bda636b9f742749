//! The catalogue: adding offers, changing what they promise, and taking them from sale.

use std::slice::from_ref;
use std::sync::Arc;

use offers_domain::audit::{AuditAction, AuditEntry, Subject};
use offers_domain::ids::OfferId;
use offers_domain::offer::{Offer, OfferError, OfferTerms};
use offers_domain::offer_change::{OfferChange, OfferChangeError, differences, spelled};
use offers_domain::ports::{IdSource, OfferCache, Store, StoreError, UnitOfWork};
use thiserror::Error;

use crate::identity::Deed;
use crate::transact::{Done, transact};

/// Why the catalogue stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeepOfferError {
    /// The login that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no such offer.
    #[error("there is no such offer")]
    UnknownOffer,
    /// It requires or excludes an offer that does not exist.
    #[error("there is no offer {0} to require or exclude")]
    UnknownOther(OfferId),
    /// Somebody else was faster, or the terms are not good.
    #[error(transparent)]
    Refused(#[from] OfferChangeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<OfferError> for KeepOfferError {
    fn from(error: OfferError) -> Self {
        Self::Refused(error.into())
    }
}

/// The use case.
pub struct KeepOffers {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Pages of the catalogue that are dropped after each change.
    pub cache: Arc<dyn OfferCache>,
    /// Randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

type Outcome = Result<Offer, KeepOfferError>;

/// What is done to one offer.
#[derive(Clone)]
enum Edit {
    Revise(Box<OfferChange>),
    SetActive(bool),
}

impl Edit {
    fn apply(self, offer: &mut Offer, seen: Option<u32>) -> Result<bool, OfferChangeError> {
        match self {
            Self::Revise(change) => offer.revise(*change, seen),
            Self::SetActive(active) => offer.set_active(active, seen),
        }
    }

    fn action(&self) -> AuditAction {
        match self {
            Self::Revise(_) => AuditAction::OfferChanged,
            Self::SetActive(true) => AuditAction::OfferRestored,
            Self::SetActive(false) => AuditAction::OfferRetired,
        }
    }
}

impl KeepOffers {
    /// Adds an offer, on sale as its window says.
    pub async fn create(&self, terms: OfferTerms, deed: Deed<'_>) -> Outcome {
        let terms = &terms.validate()?;
        let created = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !deed.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(KeepOfferError::SessionEnded)));
                }
                if let Some(other) = unknown_other(unit, terms).await? {
                    return Ok(Done::Nothing(Err(KeepOfferError::UnknownOther(other))));
                }
                let ids = unit.insert_offers(from_ref(terms), now).await?;
                let Some(created) = unit.offers(&ids).await?.pop() else {
                    return Err(StoreError::Misuse("no id for a new offer".into()));
                };
                let entry = deed.entry(AuditAction::OfferCreated, Subject::Offer(created.id), now);
                let spelled = spelled(terms).into_iter();
                let entry = spelled.fold(entry, |entry, (name, value)| entry.with(name, value));
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(created)))
            })
        })
        .await??;
        self.cache.clear().await;
        Ok(created)
    }

    /// Changes what an offer promises, from the next order on, if it is still at the version that was seen.
    pub async fn edit(&self, id: OfferId, change: OfferChange, seen: Option<u32>, deed: Deed<'_>) -> Outcome {
        self.apply(id, Edit::Revise(Box::new(change)), seen, deed).await
    }

    /// Takes an offer from sale: what runs goes on to its end and cannot be renewed.
    pub async fn retire(&self, id: OfferId, seen: Option<u32>, deed: Deed<'_>) -> Outcome {
        self.apply(id, Edit::SetActive(false), seen, deed).await
    }

    /// Brings a retired offer back.
    pub async fn restore(&self, id: OfferId, seen: Option<u32>, deed: Deed<'_>) -> Outcome {
        self.apply(id, Edit::SetActive(true), seen, deed).await
    }

    /// What is so already leaves no trace.
    async fn apply(&self, id: OfferId, edit: Edit, seen: Option<u32>, deed: Deed<'_>) -> Outcome {
        let edit = &edit;
        let edited = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !deed.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(KeepOfferError::SessionEnded)));
                }
                let Some(mut offer) = unit.lock_offers(&[id]).await?.pop() else {
                    return Ok(Done::Nothing(Err(KeepOfferError::UnknownOffer)));
                };
                let before = (*offer).clone();
                match edit.clone().apply(&mut offer, seen) {
                    Ok(true) => {}
                    Ok(false) => return Ok(Done::Nothing(Ok(before))),
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal.into()))),
                }
                if let Some(other) = unknown_other(unit, &offer.terms).await? {
                    return Ok(Done::Nothing(Err(KeepOfferError::UnknownOther(other))));
                }
                unit.update_offers(from_ref(&*offer), now).await?;
                let entry = deed.entry(edit.action(), Subject::Offer(id), now);
                unit.record_audit(&[compared(entry, &before, &offer)]).await?;
                Ok(Done::Write(Ok((*offer).clone())))
            })
        })
        .await??;
        self.cache.clear().await;
        Ok(edited)
    }
}

/// The offer that these terms name and that does not exist.
async fn unknown_other(unit: &mut dyn UnitOfWork, terms: &OfferTerms) -> Result<Option<OfferId>, StoreError> {
    let named: Vec<_> = [terms.rules.requires, terms.rules.excludes].into_iter().flatten().collect();
    let known = unit.offers(&named).await?;
    Ok(named.into_iter().find(|other| !known.iter().any(|offer| offer.id == *other)))
}

/// The entry with what was and what is.
fn compared(entry: AuditEntry, before: &Offer, after: &Offer) -> AuditEntry {
    let entry = entry.with("version", after.version);
    differences(&before.terms, &after.terms).into_iter().fold(entry, |entry, (name, was, is)| {
        let entry = match was {
            Some(was) => entry.with(format!("{name}.from"), was),
            None => entry,
        };
        match is {
            Some(is) => entry.with(format!("{name}.to"), is),
            None => entry,
        }
    })
}
