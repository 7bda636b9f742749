//! Endpoints, events and deliveries.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::ids::{
    DeliveryId, EventId, OfferId, PartnerId, TransactionId, UserId, UserOfferId, WebhookId,
};
use offers_domain::ports::StoreError;
use offers_domain::transaction::FailureKind;
use offers_domain::webhook::delivery::{Attempt, Delivery, DeliveryParts, DeliveryState, DeliveryStatus};
use offers_domain::webhook::endpoint::{
    Description, Health, Owner, Secrets, Webhook, WebhookState, WebhookStatus, WebhookTerms,
};
use offers_domain::webhook::event::{Event, EventFacts, Happening};
use offers_domain::webhook::secret::Secret;
use offers_domain::webhook::views::AttemptView;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Reading;
use crate::schema::{webhook_attempts, webhook_deliveries, webhook_events, webhooks};

/// An endpoint.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = webhooks, check_for_backend(Pg))]
pub(crate) struct WebhookRow {
    pub(crate) id: i64,
    pub(crate) partner_id: Option<i64>,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) kinds: String,
    pub(crate) status: String,
    pub(crate) disabled_reason: Option<String>,
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) previous_until: Option<OffsetDateTime>,
    pub(crate) failing_since: Option<OffsetDateTime>,
    pub(crate) failures: i64,
    pub(crate) resume_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

impl From<&Webhook> for WebhookRow {
    fn from(webhook: &Webhook) -> Self {
        let reason = match webhook.state {
            WebhookState::Disabled(reason) => Some(reason.to_string()),
            WebhookState::Enabled | WebhookState::Paused | WebhookState::Deleted => None,
        };
        let previous = webhook.secrets.previous.clone();
        Self {
            id: webhook.id.0,
            partner_id: webhook.owner.partner().map(|partner| partner.0),
            url: webhook.terms.url.clone(),
            description: webhook.terms.description.as_str().to_owned(),
            kinds: webhook.terms.kinds.to_string(),
            status: webhook.status().to_string(),
            disabled_reason: reason,
            secret: webhook.secrets.current.0.clone(),
            previous_until: previous.as_ref().map(|(_, until)| *until),
            previous_secret: previous.map(|(secret, _)| secret.0),
            failing_since: webhook.health.failing_since,
            failures: i64::from(webhook.health.failures),
            resume_at: webhook.health.resume_at,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

impl TryFrom<WebhookRow> for Webhook {
    type Error = StoreError;

    fn try_from(row: WebhookRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "webhooks", row: &row.id };
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
            failing_since: row.failing_since,
            failures: reading.number("failures", row.failures)?,
            resume_at: row.resume_at,
        };
        Ok(Self {
            id: WebhookId(row.id),
            owner: Owner::from(row.partner_id.map(PartnerId)),
            terms,
            state,
            secrets: Secrets {
                current: Secret(row.secret),
                previous: row.previous_secret.map(Secret).zip(row.previous_until),
            },
            health,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// What happened, to be written down.
pub(crate) struct NewEventRow {
    pub(crate) kind: &'static str,
    pub(crate) dedupe_key: String,
    pub(crate) transaction_id: Uuid,
    pub(crate) user_id: i64,
    pub(crate) offer_id: i64,
    pub(crate) user_offer_id: Option<i64>,
    pub(crate) ends_at: Option<OffsetDateTime>,
    pub(crate) days: Option<i64>,
    pub(crate) error_code: Option<&'static str>,
}

impl From<&Happening> for NewEventRow {
    fn from(happening: &Happening) -> Self {
        let facts = happening.facts();
        Self {
            kind: happening.kind().as_str(),
            dedupe_key: happening.dedupe_key(),
            transaction_id: happening.about.0,
            user_id: happening.user.0,
            offer_id: happening.offer.0,
            user_offer_id: facts.subscription.map(|id| id.0),
            ends_at: facts.ends_at,
            days: facts.days.map(i64::from),
            error_code: facts.failure.map(FailureKind::as_str),
        }
    }
}

/// An event.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = webhook_events, check_for_backend(Pg))]
pub(crate) struct WebhookEventRow {
    name: Uuid,
    kind: String,
    transaction_id: Option<Uuid>,
    user_id: Option<i64>,
    offer_id: Option<i64>,
    user_offer_id: Option<i64>,
    ends_at: Option<OffsetDateTime>,
    days: Option<i64>,
    error_code: Option<String>,
    reference: Option<String>,
    created_at: OffsetDateTime,
}

impl TryFrom<WebhookEventRow> for Event {
    type Error = StoreError;

    fn try_from(row: WebhookEventRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "webhook_events", row: &row.name };
        let failure = row.error_code.as_deref().map(|code| reading.spelled("error_code", code));
        let facts = EventFacts {
            transaction: row.transaction_id.map(TransactionId),
            user: row.user_id.map(UserId),
            offer: row.offer_id.map(OfferId),
            subscription: row.user_offer_id.map(UserOfferId),
            ends_at: row.ends_at,
            days: row.days.map(|days| reading.number("days", days)).transpose()?,
            failure: failure.transpose()?,
        };
        let happening = facts.happening(reading.spelled("kind", &row.kind)?);
        let reference = row.reference.as_deref().map(|text| reading.spelled("reference", text));
        Ok(Self {
            id: EventId(row.name),
            happening: happening.map_err(|missing| reading.corrupt(missing.0))?,
            reference: reference.transpose()?,
            at: row.created_at,
        })
    }
}

/// A delivery with its event.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = webhook_deliveries, check_for_backend(Pg))]
pub(crate) struct DeliveryRow {
    pub(crate) id: i64,
    pub(crate) webhook_id: i64,
    #[diesel(embed)]
    pub(crate) event: WebhookEventRow,
    #[diesel(embed)]
    pub(crate) state: DeliveryStateRow,
    pub(crate) queued_at: OffsetDateTime,
}

/// The columns that change.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = webhook_deliveries, check_for_backend(Pg))]
pub(crate) struct DeliveryStateRow {
    pub(crate) status: String,
    pub(crate) due_at: Option<OffsetDateTime>,
    pub(crate) attempt: i64,
    pub(crate) tries: i64,
    pub(crate) reason: Option<String>,
    pub(crate) updated_at: OffsetDateTime,
}

/// A delivery whose state is to be saved.
pub(crate) struct SavedDeliveryRow {
    pub(crate) id: i64,
    pub(crate) state: DeliveryStateRow,
}

impl From<&Delivery> for SavedDeliveryRow {
    fn from(delivery: &Delivery) -> Self {
        let parts = delivery.parts();
        let state = DeliveryStateRow {
            status: delivery.status().to_string(),
            due_at: delivery.due_at(),
            attempt: i64::from(parts.attempt),
            tries: i64::from(parts.tries),
            reason: parts.reason.clone(),
            updated_at: parts.updated_at,
        };
        Self { id: parts.id.0, state }
    }
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "webhook_deliveries", row: &row.id };
        let due = || row.state.due_at.ok_or_else(|| reading.corrupt("due_at"));
        let state = match reading.spelled("status", &row.state.status)? {
            DeliveryStatus::Queued => DeliveryState::Queued { due: due()? },
            DeliveryStatus::Sending => DeliveryState::Sending { until: due()? },
            DeliveryStatus::Delivered => DeliveryState::Delivered,
            DeliveryStatus::Failed => DeliveryState::Failed,
        };
        Ok(Self::from_parts(DeliveryParts {
            id: DeliveryId(row.id),
            webhook: WebhookId(row.webhook_id),
            event: row.event.try_into()?,
            state,
            attempt: reading.number("attempt", row.state.attempt)?,
            tries: reading.number("tries", row.state.tries)?,
            reason: row.state.reason,
            queued_at: row.queued_at,
            updated_at: row.state.updated_at,
        }))
    }
}

/// An attempt of the log.
#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_attempts, check_for_backend(Pg))]
pub(crate) struct WebhookAttemptRow {
    pub(crate) delivery_id: i64,
    pub(crate) number: i64,
    pub(crate) status: Option<i64>,
    pub(crate) error: Option<String>,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) took_ms: i64,
}

impl From<&Attempt> for WebhookAttemptRow {
    fn from(attempt: &Attempt) -> Self {
        Self {
            delivery_id: attempt.delivery.0,
            number: i64::from(attempt.number),
            status: attempt.answer.status().map(i64::from),
            error: attempt.answer.error().map(str::to_owned),
            started_at: attempt.started_at,
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
            started_at: row.started_at,
            took: Duration::milliseconds(row.took_ms),
        })
    }
}
