//! Endpoints, events and deliveries.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{
    DeliveryId, EventId, OfferId, PartnerId, TransactionId, UserId, UserOfferId, WebhookId,
};
use offers_domain::ports::StoreError;
use offers_domain::transaction::FailureKind;
use offers_domain::webhook::delivery::{Attempt, Delivery, DeliveryParts, DeliveryState, DeliveryStatus};
use offers_domain::webhook::endpoint::{
    Description, Health, NewWebhook, Owner, Secrets, Webhook, WebhookState, WebhookStatus, WebhookTerms,
};
use offers_domain::webhook::event::{Event, EventFacts, Happening};
use offers_domain::webhook::secret::Secret;
use offers_domain::webhook::views::AttemptView;
use time::{Duration, OffsetDateTime};

use super::{Reading, micros};
use crate::schema::{webhook_attempts, webhook_deliveries, webhook_events, webhooks};

/// An endpoint.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks, check_for_backend(Sqlite))]
pub(crate) struct WebhookRow {
    id: i64,
    partner_id: Option<i64>,
    created_at: i64,
    #[diesel(embed)]
    state: WebhookStateRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = webhooks, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct WebhookStateRow {
    url: String,
    description: String,
    kinds: String,
    status: String,
    disabled_reason: Option<String>,
    secret: String,
    previous_secret: Option<String>,
    previous_until: Option<i64>,
    failing_since: Option<i64>,
    failures: i64,
    resume_at: Option<i64>,
    updated_at: i64,
}

impl From<&Webhook> for WebhookStateRow {
    fn from(webhook: &Webhook) -> Self {
        let reason = match webhook.state {
            WebhookState::Disabled(reason) => Some(reason.to_string()),
            WebhookState::Enabled | WebhookState::Paused | WebhookState::Deleted => None,
        };
        let previous = webhook.secrets.previous.clone();
        Self {
            url: webhook.terms.url.clone(),
            description: webhook.terms.description.as_str().to_owned(),
            kinds: webhook.terms.kinds.to_string(),
            status: webhook.status().to_string(),
            disabled_reason: reason,
            secret: webhook.secrets.current.0.clone(),
            previous_until: previous.as_ref().map(|(_, until)| micros(*until)),
            previous_secret: previous.map(|(secret, _)| secret.0),
            failing_since: webhook.health.failing_since.map(micros),
            failures: i64::from(webhook.health.failures),
            resume_at: webhook.health.resume_at.map(micros),
            updated_at: micros(webhook.updated_at),
        }
    }
}

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "webhooks", row: &row.id };
        let WebhookRow { id, partner_id, created_at, state: row } = row;
        let reason = row.disabled_reason.as_deref().map(|text| reading.spelled("disabled_reason", text));
        let state = match (reading.spelled("status", &row.status)?, reason.transpose()?) {
            (WebhookStatus::Enabled, None) => WebhookState::Enabled,
            (WebhookStatus::Paused, None) => WebhookState::Paused,
            (WebhookStatus::Disabled, Some(reason)) => WebhookState::Disabled(reason),
            (WebhookStatus::Deleted, None) => WebhookState::Deleted,
            _ => return Err(reading.corrupt("disabled_reason")),
        };
        let terms = WebhookTerms {
            description: Description::try_new(&row.description)
                .map_err(|_| reading.corrupt("description"))?,
            kinds: reading.spelled("kinds", &row.kinds)?,
            url: row.url,
        };
        let health = Health {
            failing_since: reading.optional_instant("failing_since", row.failing_since)?,
            failures: reading.number("failures", row.failures)?,
            resume_at: reading.optional_instant("resume_at", row.resume_at)?,
        };
        let until = reading.optional_instant("previous_until", row.previous_until)?;
        Ok(Self {
            id: WebhookId(id),
            owner: Owner::from(partner_id.map(PartnerId)),
            terms,
            state,
            secrets: Secrets {
                current: Secret(row.secret),
                previous: row.previous_secret.map(Secret).zip(until),
            },
            health,
            created_at: reading.instant("created_at", created_at)?,
            updated_at: reading.instant("updated_at", row.updated_at)?,
        })
    }
}

/// An endpoint to be registered.
#[derive(Insertable)]
#[diesel(table_name = webhooks)]
pub(crate) struct NewWebhookRow {
    partner_id: Option<i64>,
    url: String,
    description: String,
    kinds: String,
    status: &'static str,
    secret: String,
    created_at: i64,
    updated_at: i64,
}

impl From<&NewWebhook> for NewWebhookRow {
    fn from(webhook: &NewWebhook) -> Self {
        Self {
            partner_id: webhook.owner.partner().map(|partner| partner.0),
            url: webhook.terms.url.clone(),
            description: webhook.terms.description.as_str().to_owned(),
            kinds: webhook.terms.kinds.to_string(),
            status: WebhookStatus::Enabled.as_str(),
            secret: webhook.secret.0.clone(),
            created_at: micros(webhook.created_at),
            updated_at: micros(webhook.created_at),
        }
    }
}

/// What happened, to be written down.
#[derive(Insertable)]
#[diesel(table_name = webhook_events)]
pub(crate) struct NewWebhookEventRow {
    kind: &'static str,
    dedupe_key: String,
    transaction_id: Vec<u8>,
    user_id: i64,
    offer_id: i64,
    user_offer_id: Option<i64>,
    ends_at: Option<i64>,
    days: Option<i64>,
    error_code: Option<&'static str>,
    partner_id: Option<i64>,
    reference: Option<String>,
    created_at: i64,
}

impl NewWebhookEventRow {
    /// About an order that this partner placed under this reference, if one did.
    pub(crate) fn new(happening: &Happening, sold: Option<(i64, String)>, now: OffsetDateTime) -> Self {
        let facts = happening.facts();
        let (partner_id, reference) = sold.unzip();
        Self {
            kind: happening.kind().as_str(),
            dedupe_key: happening.dedupe_key(),
            transaction_id: happening.about.0.as_bytes().to_vec(),
            user_id: happening.user.0,
            offer_id: happening.offer.0,
            user_offer_id: facts.subscription.map(|id| id.0),
            ends_at: facts.ends_at.map(micros),
            days: facts.days.map(i64::from),
            error_code: facts.failure.map(FailureKind::as_str),
            partner_id,
            reference,
            created_at: micros(now),
        }
    }
}

/// An event.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_events, check_for_backend(Sqlite))]
pub(crate) struct WebhookEventRow {
    name: Vec<u8>,
    kind: String,
    transaction_id: Option<Vec<u8>>,
    user_id: Option<i64>,
    offer_id: Option<i64>,
    user_offer_id: Option<i64>,
    ends_at: Option<i64>,
    days: Option<i64>,
    error_code: Option<String>,
    reference: Option<String>,
    created_at: i64,
}

impl TryFrom<WebhookEventRow> for Event {
    type Error = StoreError;

    fn try_from(row: WebhookEventRow) -> Result<Self, StoreError> {
        let unreadable = Reading { table: "webhook_events", row: &"?" };
        let id = EventId(unreadable.uuid("name", &row.name)?);
        let reading = Reading { row: &id, ..unreadable };
        let transaction =
            row.transaction_id.map(|bytes| reading.uuid("transaction_id", &bytes)).transpose()?;
        let failure = row.error_code.as_deref().map(|code| reading.spelled("error_code", code));
        let facts = EventFacts {
            transaction: transaction.map(TransactionId),
            user: row.user_id.map(UserId),
            offer: row.offer_id.map(OfferId),
            subscription: row.user_offer_id.map(UserOfferId),
            ends_at: reading.optional_instant("ends_at", row.ends_at)?,
            days: row.days.map(|days| reading.number("days", days)).transpose()?,
            failure: failure.transpose()?,
        };
        let happening = facts.happening(reading.spelled("kind", &row.kind)?);
        let reference = row.reference.as_deref().map(|text| reading.spelled("reference", text));
        Ok(Self {
            id,
            happening: happening.map_err(|missing| reading.corrupt(missing.0))?,
            reference: reference.transpose()?,
            at: reading.instant("created_at", row.created_at)?,
        })
    }
}

/// A delivery with its event.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries, check_for_backend(Sqlite))]
pub(crate) struct DeliveryRow {
    pub(crate) id: i64,
    webhook_id: i64,
    queued_at: i64,
    #[diesel(embed)]
    state: DeliveryStateRow,
    #[diesel(embed)]
    event: WebhookEventRow,
}

/// The columns that change.
#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = webhook_deliveries, check_for_backend(Sqlite), treat_none_as_null = true)]
pub(crate) struct DeliveryStateRow {
    status: String,
    due_at: Option<i64>,
    attempt: i64,
    tries: i64,
    reason: Option<String>,
    updated_at: i64,
}

impl From<&Delivery> for DeliveryStateRow {
    fn from(delivery: &Delivery) -> Self {
        let parts = delivery.parts();
        Self {
            status: delivery.status().to_string(),
            due_at: delivery.due_at().map(micros),
            attempt: i64::from(parts.attempt),
            tries: i64::from(parts.tries),
            reason: parts.reason.clone(),
            updated_at: micros(parts.updated_at),
        }
    }
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "webhook_deliveries", row: &row.id };
        let due = || {
            let due = reading.optional_instant("due_at", row.state.due_at)?;
            due.ok_or_else(|| reading.corrupt("due_at"))
        };
        let state = match reading.spelled("status", &row.state.status)? {
            DeliveryStatus::Queued => DeliveryState::Queued { due: due()? },
            DeliveryStatus::Sending => DeliveryState::Sending { until: due()? },
            DeliveryStatus::Delivered => DeliveryState::Delivered,
            DeliveryStatus::Failed => DeliveryState::Failed,
        };
        Ok(Self::from_parts(DeliveryParts {
            id: DeliveryId(row.id),
            webhook: WebhookId(row.webhook_id),
            state,
            attempt: reading.number("attempt", row.state.attempt)?,
            tries: reading.number("tries", row.state.tries)?,
            queued_at: reading.instant("queued_at", row.queued_at)?,
            updated_at: reading.instant("updated_at", row.state.updated_at)?,
            reason: row.state.reason,
            event: row.event.try_into()?,
        }))
    }
}

/// A delivery to be queued.
#[derive(Insertable)]
#[diesel(table_name = webhook_deliveries)]
pub(crate) struct NewDeliveryRow {
    pub(crate) event_id: i64,
    pub(crate) webhook_id: i64,
    pub(crate) topic: Option<Vec<u8>>,
    pub(crate) status: &'static str,
    pub(crate) due_at: i64,
    pub(crate) queued_at: i64,
    pub(crate) updated_at: i64,
}

impl NewDeliveryRow {
    /// Due at once.
    pub(crate) fn at(now: OffsetDateTime, webhook: i64, event: i64, topic: Option<Vec<u8>>) -> Self {
        let (status, at) = (DeliveryStatus::Queued.as_str(), micros(now));
        Self {
            event_id: event,
            webhook_id: webhook,
            topic,
            status,
            due_at: at,
            queued_at: at,
            updated_at: at,
        }
    }
}

/// An attempt of the log.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_attempts, check_for_backend(Sqlite))]
pub(crate) struct WebhookAttemptRow {
    pub(crate) delivery_id: i64,
    pub(crate) number: i64,
    pub(crate) status: Option<i64>,
    pub(crate) error: Option<String>,
    pub(crate) started_at: i64,
    pub(crate) took_ms: i64,
}

impl From<&Attempt> for WebhookAttemptRow {
    fn from(attempt: &Attempt) -> Self {
        Self {
            delivery_id: attempt.delivery.0,
            number: i64::from(attempt.number),
            status: attempt.answer.status().map(i64::from),
            error: attempt.answer.error().map(str::to_owned),
            started_at: micros(attempt.started_at),
            took_ms: i64::try_from(attempt.took.whole_milliseconds()).unwrap_or(i64::MAX).max(0),
        }
    }
}

impl TryFrom<WebhookAttemptRow> for AttemptView {
    type Error = StoreError;

    fn try_from(row: WebhookAttemptRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "webhook_attempts", row: &row.delivery_id };
        Ok(Self {
            number: reading.number("number", row.number)?,
            status: row.status.map(|status| reading.number("status", status)).transpose()?,
            error: row.error,
            started_at: reading.instant("started_at", row.started_at)?,
            took: Duration::milliseconds(row.took_ms),
        })
    }
}
