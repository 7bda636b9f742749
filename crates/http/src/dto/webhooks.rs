//! Webhooks: endpoints, what was sent to them, and what is sent again.

use offers_application::webhooks::{Issued, WebhookForm};
use offers_domain::ids::{DeliveryId, EventId, PartnerId, WebhookId};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::webhook::delivery::{Delivery, DeliveryState, DeliveryStatus};
use offers_domain::webhook::endpoint::{
    Description, DisabledReason, Owner, Webhook, WebhookChange, WebhookState, WebhookStatus,
};
use offers_domain::webhook::event::{EventKind, EventKinds};
use offers_domain::webhook::views::{AttemptView, DeliveryFile, DeliveryFilter, ReplayOf, Replayed};
use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::spelled::Spelled;
use super::text::{FromText, Text};
use super::time::Timestamp;
use crate::extract::page_request;
use crate::problem::Problem;

/// What cursors call the list of endpoints.
pub(crate) const WEBHOOKS: &str = "webhooks";
/// What cursors call an endpoint's list of deliveries.
pub(crate) const DELIVERIES: &str = "webhook-deliveries";
/// How long the secret before goes on signing where nothing else is said, in hours.
const OVERLAP: u32 = 24;
/// And at most: a week.
const LONGEST_OVERLAP: u32 = 168;

/// An address, judged by the use case.
#[derive(Debug, Clone)]
pub(crate) struct Address(pub(crate) String);

impl FromText for Address {
    fn expected() -> String {
        "an absolute address of 1 to 2000 characters".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "format": "uri", "minLength": 1, "maxLength": 2000 })
    }

    fn from_text(text: &str) -> Option<Self> {
        offers_domain::text::line(text, 2_000).ok().map(Self)
    }
}

impl FromText for Description {
    fn expected() -> String {
        "a text of at most 200 characters without control characters".into()
    }

    fn shape() -> Schema {
        json_schema!({ "type": "string", "maxLength": 200 })
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::try_new(text).ok()
    }
}

impl FromText for EventId {
    fn expected() -> String {
        "the id of an event, evt_ and 32 digits".into()
    }

    fn shape() -> Schema {
        event_shape()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok().filter(|id: &Self| id.to_string() == text)
    }
}

/// `evt_` and 32 digits.
pub(crate) fn event_shape() -> Schema {
    json_schema!({ "type": "string", "pattern": "^evt_[0-9a-f]{32}$" })
}

/// An endpoint to register: for every event unless some are chosen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhookBody {
    pub(crate) url: Text<Address>,
    pub(crate) description: Option<Text<Description>>,
    pub(crate) events: Option<Vec<Text<EventKind>>>,
}

impl NewWebhookBody {
    pub(crate) fn form(self, owner: Owner) -> Result<WebhookForm, Problem> {
        let Text(Address(url)) = self.url;
        let description = self.description.map(|Text(words)| words).unwrap_or_default();
        Ok(WebhookForm {
            owner,
            url,
            description,
            kinds: kinds(self.events)?.unwrap_or_else(EventKinds::all),
        })
    }
}

/// What changes of an endpoint; what is not said stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebhookChangeBody {
    pub(crate) url: Option<Text<Address>>,
    pub(crate) description: Option<Text<Description>>,
    pub(crate) events: Option<Vec<Text<EventKind>>>,
    pub(crate) enabled: Option<bool>,
}

impl WebhookChangeBody {
    pub(crate) fn change(self) -> Result<WebhookChange, Problem> {
        Ok(WebhookChange {
            url: self.url.map(|Text(Address(url))| url),
            description: self.description.map(|Text(words)| words),
            kinds: kinds(self.events)?,
            enabled: self.enabled,
        })
    }
}

fn kinds(events: Option<Vec<Text<EventKind>>>) -> Result<Option<EventKinds>, Problem> {
    let Some(events) = events else { return Ok(None) };
    let chosen = EventKinds::try_new(events.into_iter().map(|Text(kind)| kind));
    let refused = || Problem::invalid_value("/events", "This must be a list of at least one type of events.");
    chosen.ok_or_else(refused).map(Some)
}

/// A secret to change.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RotateBody {
    #[schemars(range(max = 168))]
    pub(crate) overlap_hours: Option<u32>,
}

impl RotateBody {
    /// How long the secret before goes on signing.
    pub(crate) fn overlap(&self) -> Result<Duration, Problem> {
        let hours = self.overlap_hours.unwrap_or(OVERLAP);
        if hours > LONGEST_OVERLAP {
            let sentence = "This must be an integer from 0 to 168.";
            return Err(Problem::invalid_value("/overlap_hours", sentence));
        }
        Ok(Duration::hours(hours.into()))
    }
}

/// Nothing more to say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoBody {}

/// One event, or those of a time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReplayBody {
    pub(crate) event_id: Option<Text<EventId>>,
    pub(crate) from: Option<Text<OffsetDateTime>>,
    pub(crate) to: Option<Text<OffsetDateTime>>,
    pub(crate) after: Option<Text<EventId>>,
}

impl ReplayBody {
    pub(crate) fn of(self) -> Result<ReplayOf, Problem> {
        let after = self.after.map(|Text(id)| id);
        match (self.event_id, self.from, self.to) {
            (Some(Text(event)), None, None) if after.is_none() => Ok(ReplayOf::Event(event)),
            (None, Some(Text(from)), Some(Text(to))) if from < to => {
                Ok(ReplayOf::Between { from, to, after })
            }
            (None, Some(_), Some(_)) => Err(Problem::invalid_value("/to", "This must be later than from.")),
            _ => {
                let sentence = "Either an event_id is given, or from and to, which after may follow.";
                Err(Problem::invalid_value("/event_id", sentence))
            }
        }
    }
}

/// Which page of endpoints.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhooksQuery {
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl WebhooksQuery {
    pub(crate) fn page(self) -> Result<PageRequest<WebhookId>, Problem> {
        page_request(WEBHOOKS, self.limit, self.cursor.as_deref())
    }
}

/// Which deliveries, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveriesQuery {
    status: Option<Text<DeliveryStatus>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl DeliveriesQuery {
    pub(crate) fn search(self) -> Result<(DeliveryFilter, PageRequest<DeliveryId>), Problem> {
        let page = page_request(DELIVERIES, self.limit, self.cursor.as_deref())?;
        Ok((DeliveryFilter { status: self.status.map(|Text(status)| status) }, page))
    }
}

/// An endpoint, without its secrets.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WebhookBody {
    id: i64,
    partner_id: Option<i64>,
    url: String,
    description: String,
    events: Vec<Spelled<EventKind>>,
    status: Spelled<WebhookStatus>,
    disabled_reason: Option<Spelled<DisabledReason>>,
    previous_secret_ends_at: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        let reason = match webhook.state {
            WebhookState::Disabled(reason) => Some(reason.into()),
            WebhookState::Enabled | WebhookState::Paused | WebhookState::Deleted => None,
        };
        Self {
            id: webhook.id.0,
            partner_id: webhook.owner.partner().map(|PartnerId(partner)| partner),
            status: webhook.status().into(),
            description: webhook.terms.description.as_str().to_owned(),
            events: webhook.terms.kinds.iter().map(Spelled).collect(),
            url: webhook.terms.url,
            disabled_reason: reason,
            previous_secret_ends_at: webhook.secrets.previous.map(|(_, end)| end.into()),
            failing_since: webhook.health.failing_since.map(Timestamp::from),
            created_at: webhook.created_at.into(),
            updated_at: webhook.updated_at.into(),
        }
    }
}

/// An endpoint with a secret that was issued, this once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct IssuedSecretBody {
    #[serde(flatten)]
    webhook: WebhookBody,
    secret: String,
}

impl IssuedSecretBody {
    pub(crate) fn new(webhook: WebhookBody, issued: Issued) -> Self {
        Self { webhook, secret: issued.secret.0 }
    }
}

/// An event that is on its way.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct QueuedEventBody {
    pub(crate) event_id: String,
}

/// What was queued again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReplayedBody {
    queued: usize,
    last_event_id: Option<String>,
    has_more: bool,
}

impl From<Replayed> for ReplayedBody {
    fn from(replayed: Replayed) -> Self {
        let Replayed { queued, last, has_more } = replayed;
        Self { queued, last_event_id: last.map(|id| id.to_string()), has_more }
    }
}

/// One event on its way to the endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeliveryBody {
    event_id: String,
    r#type: Spelled<EventKind>,
    transaction_id: Option<Uuid>,
    status: Spelled<DeliveryStatus>,
    attempts: u32,
    error: Option<String>,
    next_attempt_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let parts = delivery.parts();
        let next = match parts.state {
            DeliveryState::Queued { due } => Some(due.into()),
            DeliveryState::Sending { .. } | DeliveryState::Delivered | DeliveryState::Failed => None,
        };
        Self {
            event_id: parts.event.id.to_string(),
            r#type: parts.event.kind().into(),
            transaction_id: parts.event.happening.map(|happening| happening.about.0),
            status: delivery.status().into(),
            attempts: parts.attempt,
            error: parts.reason.clone(),
            next_attempt_at: next,
            created_at: parts.event.at.into(),
            updated_at: parts.updated_at.into(),
        }
    }
}

/// A delivery with its attempts, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeliveryFileBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    log: Vec<DeliveryAttemptBody>,
}

impl From<DeliveryFile> for DeliveryFileBody {
    fn from(file: DeliveryFile) -> Self {
        Self { delivery: file.delivery.into(), log: file.attempts.into_iter().map(Into::into).collect() }
    }
}

/// One attempt.
#[derive(Debug, Serialize, JsonSchema)]
struct DeliveryAttemptBody {
    number: u32,
    http_status: Option<u16>,
    error: Option<String>,
    started_at: Timestamp,
    duration_ms: i64,
}

impl From<AttemptView> for DeliveryAttemptBody {
    fn from(attempt: AttemptView) -> Self {
        Self {
            number: attempt.number,
            http_status: attempt.status,
            error: attempt.error,
            started_at: attempt.started_at.into(),
            duration_ms: i64::try_from(attempt.took.whole_milliseconds()).unwrap_or(i64::MAX),
        }
    }
}
