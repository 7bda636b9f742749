//! Looking after endpoints: partners their own, staff and the command line everybody's.

use std::slice::from_ref;
use std::sync::Arc;

use offers_domain::audit::{Actor, AuditAction, AuditEntry, RequestId, Subject};
use offers_domain::ids::{ApiKeyId, EventId, PartnerId, WebhookId};
use offers_domain::partner_channel::api_key::KeyScope;
use offers_domain::ports::{IdSource, Locked, Store, StoreError, TokenError, UnitOfWork, WebhookDesk};
use offers_domain::webhook::endpoint::{
    Description, MOST_WEBHOOKS, NewWebhook, Owner, UrlRefusal, Webhook, WebhookChange, WebhookStatus,
    WebhookTerms,
};
use offers_domain::webhook::event::EventKinds;
use offers_domain::webhook::secret::Secret;
use offers_domain::webhook::views::{ReplayOf, Replayed};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::identity::Deed;
use crate::transact::{Done, transact};

/// How many events one request queues again at most.
const REPLAY: usize = 1000;

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManageWebhooksError {
    /// The login, or the partner's key, that asks is over.
    #[error("the session has ended")]
    SessionEnded,
    /// There is no such endpoint among those that may be looked after.
    #[error("there is no such webhook")]
    NoWebhook,
    /// There is no such partner.
    #[error("there is no such partner")]
    NoPartner,
    /// The owner has as many as it may have.
    #[error("there are {MOST_WEBHOOKS} webhooks already")]
    TooMany,
    /// It is paused or disabled.
    #[error("the webhook is not enabled")]
    NotEnabled,
    /// No event that it wants to know of has this id.
    #[error("there is no such event")]
    NoEvent,
    /// The address cannot be one of an endpoint.
    #[error("the address {0}")]
    Url(#[from] UrlRefusal),
    /// No secret could be made.
    #[error(transparent)]
    Secret(#[from] TokenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Outcome<T> = Result<T, ManageWebhooksError>;

/// On whose behalf.
#[derive(Debug, Clone, Copy)]
pub enum On<'a> {
    /// A partner, which sees its own alone.
    Partner {
        /// Which one.
        partner: PartnerId,
        /// What it showed.
        key: ApiKeyId,
        /// The request.
        request: Option<&'a RequestId>,
    },
    /// Staff, or whoever holds the command line, who see everybody's.
    Staff(Deed<'a>),
}

impl On<'_> {
    fn may_touch(&self, webhook: &Webhook) -> bool {
        match self {
            Self::Partner { partner, .. } => webhook.owner == Owner::Partner(*partner),
            Self::Staff(_) => true,
        }
    }

    async fn is_live(&self, unit: &mut dyn UnitOfWork, now: OffsetDateTime) -> Result<bool, StoreError> {
        match self {
            // What is near of a key may be seconds old, and a webhook outlives them.
            Self::Partner { key, .. } => {
                let holders = unit.key_holders(&[*key]).await?;
                Ok(holders.iter().any(|holder| holder.admit(KeyScope::Webhooks, now).is_ok()))
            }
            Self::Staff(deed) => deed.is_live(unit, now).await,
        }
    }

    fn entry(&self, action: AuditAction, webhook: WebhookId, now: OffsetDateTime) -> AuditEntry {
        let subject = Subject::Webhook(webhook);
        match self {
            Self::Partner { partner, request, .. } => {
                AuditEntry::new(Actor::Partner(*partner), action, subject, now).in_request(*request)
            }
            Self::Staff(deed) => deed.entry(action, subject, now),
        }
    }
}

/// An endpoint to be registered.
#[derive(Debug, Clone)]
pub struct WebhookForm {
    /// Whose it is.
    pub owner: Owner,
    /// Its address, as somebody wrote it.
    pub url: String,
    /// What a person says of it.
    pub description: Description,
    /// Which events.
    pub kinds: EventKinds,
}

/// A secret that was issued, which is shown this once.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The endpoint.
    pub id: WebhookId,
    /// Its newest secret.
    pub secret: Secret,
    /// When the one before ends, UTC, where there is one.
    pub previous_ends_at: Option<OffsetDateTime>,
}

/// The use cases. Each deed is in the trail, in the commit of what it did.
pub struct ManageWebhooks {
    /// Units of work.
    pub store: Arc<dyn Store>,
    /// Judges addresses and makes secrets.
    pub desk: Arc<dyn WebhookDesk>,
    /// Ids, and randomness for retries.
    pub ids: Arc<dyn IdSource>,
}

impl ManageWebhooks {
    /// Registers an endpoint and shows its secret, this once.
    pub async fn create(&self, form: &WebhookForm, on: On<'_>) -> Outcome<Issued> {
        let terms = WebhookTerms {
            url: self.desk.admit(&form.url)?,
            description: form.description.clone(),
            kinds: form.kinds.clone(),
        };
        let (owner, secret) = (form.owner, self.desk.new_secret()?);
        let (terms, kept) = (&terms, &secret);
        let id = transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                if !on.is_live(unit, now).await? {
                    return Ok(Done::Nothing(Err(ManageWebhooksError::SessionEnded)));
                }
                // Whoever holds the partner counts alone. Nobody holds the operator: two of its people who register the last
                // one at once get one more than that, which costs a call for each event and nothing else.
                if let Owner::Partner(partner) = owner
                    && unit.lock_partner(partner).await?.is_none()
                {
                    return Ok(Done::Nothing(Err(ManageWebhooksError::NoPartner)));
                }
                if unit.count_webhooks(owner).await? >= MOST_WEBHOOKS {
                    return Ok(Done::Nothing(Err(ManageWebhooksError::TooMany)));
                }
                let new = NewWebhook { owner, terms: terms.clone(), secret: kept.clone(), created_at: now };
                let id = unit.insert_webhook(&new).await?;
                let entry = on
                    .entry(AuditAction::WebhookCreated, id, now)
                    .with("url", host_of(&terms.url))
                    .with("events", &terms.kinds);
                let partner = owner.partner();
                let entry = partner.into_iter().fold(entry, |entry, partner| entry.with("partner", partner));
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(id)))
            })
        })
        .await??;
        Ok(Issued { id, secret, previous_ends_at: None })
    }

    /// Changes an endpoint, pauses it, or sends to it again.
    pub async fn change(&self, id: WebhookId, change: &WebhookChange, on: On<'_>) -> Outcome<()> {
        let url = change.url.as_deref().map(|url| self.desk.admit(url)).transpose()?;
        let change = WebhookChange { url, ..change.clone() };
        let change = &change;
        self.with(id, on, move |webhook, now| {
            webhook.change(change);
            let entry = on.entry(AuditAction::WebhookChanged, id, now).with("status", webhook.status());
            let entry = change.url.iter().fold(entry, |entry, url| entry.with("url", host_of(url)));
            Ok((change.kinds.iter().fold(entry, |entry, kinds| entry.with("events", kinds)), ()))
        })
        .await
    }

    /// Removes an endpoint. What it was sent stays in the log until its time.
    pub async fn delete(&self, id: WebhookId, on: On<'_>) -> Outcome<()> {
        self.with(id, on, move |webhook, now| {
            webhook.delete();
            Ok((on.entry(AuditAction::WebhookDeleted, id, now), ()))
        })
        .await
    }

    /// Signs with a new secret, and for `overlap` longer with the one before, too.
    pub async fn rotate(&self, id: WebhookId, overlap: Duration, on: On<'_>) -> Outcome<Issued> {
        let secret = self.desk.new_secret()?;
        let new = &secret;
        let previous_ends_at = self
            .with(id, on, move |webhook, now| {
                webhook.secrets.rotate(new.clone(), overlap, now);
                let end = webhook.secrets.previous.as_ref().map(|(_, end)| *end);
                let entry = on.entry(AuditAction::WebhookSecretRotated, id, now);
                Ok((entry.with("overlap_seconds", overlap.whole_seconds()), end))
            })
            .await?;
        Ok(Issued { id, secret, previous_ends_at })
    }

    /// Queues a test, which is sent like everything else.
    pub async fn test(&self, id: WebhookId, on: On<'_>) -> Outcome<EventId> {
        let event = EventId(self.ids.random_uuid());
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let webhook = match find(unit, id, &on, now).await? {
                    Ok(webhook) => webhook,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                if webhook.status() != WebhookStatus::Enabled {
                    return Ok(Done::Nothing(Err(ManageWebhooksError::NotEnabled)));
                }
                unit.insert_test(id, event, now).await?;
                let entry = on.entry(AuditAction::WebhookTested, id, now).with("event", event);
                unit.record_audit(&[entry]).await?;
                Ok(Done::Write(Ok(event)))
            })
        })
        .await?
    }

    /// Queues events again, a thousand at most; what has not ended stays as it is.
    pub async fn replay(&self, id: WebhookId, of: ReplayOf, on: On<'_>) -> Outcome<Replayed> {
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let webhook = match find(unit, id, &on, now).await? {
                    Ok(webhook) => webhook,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                if !webhook.listens() {
                    return Ok(Done::Nothing(Err(ManageWebhooksError::NotEnabled)));
                }
                let replayed = unit.replay(id, of, REPLAY, now).await?;
                if matches!(of, ReplayOf::Event(_)) && replayed.last.is_none() {
                    return Ok(Done::Nothing(Err(ManageWebhooksError::NoEvent)));
                }
                let entry = on.entry(AuditAction::WebhookReplayed, id, now);
                unit.record_audit(&[entry.with("events", replayed.queued)]).await?;
                Ok(Done::Write(Ok(replayed)))
            })
        })
        .await?
    }

    /// One step on one endpoint, with its entry for the trail.
    async fn with<T: Send>(
        &self,
        id: WebhookId,
        on: On<'_>,
        step: impl Fn(&mut Webhook, OffsetDateTime) -> Outcome<(AuditEntry, T)> + Send + Sync,
    ) -> Outcome<T> {
        let step = &step;
        transact(&*self.store, &*self.ids, |unit| {
            Box::pin(async move {
                let now = unit.now().await?;
                let mut webhook = match find(unit, id, &on, now).await? {
                    Ok(webhook) => webhook,
                    Err(refusal) => return Ok(Done::Nothing(Err(refusal))),
                };
                match step(&mut webhook, now) {
                    Err(refusal) => Ok(Done::Nothing(Err(refusal))),
                    Ok((entry, outcome)) => {
                        webhook.updated_at = now;
                        unit.update_webhooks(from_ref(&*webhook)).await?;
                        unit.record_audit(&[entry]).await?;
                        Ok(Done::Write(Ok(outcome)))
                    }
                }
            })
        })
        .await?
    }
}

/// The endpoint, if it is among those that may be looked after. Another's is as unknown as nobody's.
async fn find(
    unit: &mut dyn UnitOfWork,
    id: WebhookId,
    on: &On<'_>,
    now: OffsetDateTime,
) -> Result<Outcome<Locked<Webhook>>, StoreError> {
    if !on.is_live(unit, now).await? {
        return Ok(Err(ManageWebhooksError::SessionEnded));
    }
    let found = unit.lock_webhooks(&[id]).await?.pop().filter(|webhook| on.may_touch(webhook));
    Ok(found.ok_or(ManageWebhooksError::NoWebhook))
}

/// An address without its path and query, which may hold a secret of the receiver's.
fn host_of(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at.saturating_add(3));
    let end = url.get(after_scheme..).and_then(|rest| rest.find(['/', '?', '#']));
    end.and_then(|end| url.get(..after_scheme.saturating_add(end))).unwrap_or(url)
}
