//! Webhooks, as staff look after them: the same as partners do, with whose they are and why.

use offers_application::webhooks::WebhookForm;
use offers_domain::audit::Reason;
use offers_domain::ids::{EventId, PartnerId, WebhookId};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::webhook::endpoint::{Description, Owner, WebhookChange};
use offers_domain::webhook::event::EventKind;
use offers_domain::webhook::views::{ReplayOf, WebhookFilter};
use schemars::JsonSchema;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::dto::text::{IdNumber, IdText, Text};
use crate::dto::webhooks::{Address, NewWebhookBody, ReplayBody, RotateBody, WEBHOOKS, WebhookChangeBody};
use crate::extract::page_request;
use crate::problem::Problem;

/// Which endpoints, which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffWebhooksQuery {
    partner_id: Option<Text<IdText<PartnerId>>>,
    limit: Option<Text<PageLimit>>,
    cursor: Option<String>,
}

impl StaffWebhooksQuery {
    pub(crate) fn search(self) -> Result<(WebhookFilter, PageRequest<WebhookId>), Problem> {
        let page = page_request(WEBHOOKS, self.limit, self.cursor.as_deref())?;
        let owner = self.partner_id.map(|Text(IdText(partner))| Owner::Partner(partner));
        Ok((WebhookFilter { owner }, page))
    }
}

/// An endpoint to register; the operator's, where no partner is named.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffNewWebhookBody {
    partner_id: Option<IdNumber<PartnerId>>,
    url: Text<Address>,
    description: Option<Text<Description>>,
    events: Option<Vec<Text<EventKind>>>,
    reason: Text<Reason>,
}

impl StaffNewWebhookBody {
    pub(crate) fn form(self) -> Result<(WebhookForm, Reason), Problem> {
        let owner = Owner::from(self.partner_id.map(|IdNumber(partner)| partner));
        let new = NewWebhookBody { url: self.url, description: self.description, events: self.events };
        let Text(reason) = self.reason;
        Ok((new.form(owner)?, reason))
    }
}

/// What changes of an endpoint.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffWebhookChangeBody {
    url: Option<Text<Address>>,
    description: Option<Text<Description>>,
    events: Option<Vec<Text<EventKind>>>,
    enabled: Option<bool>,
    reason: Text<Reason>,
}

impl StaffWebhookChangeBody {
    pub(crate) fn change(self) -> Result<(WebhookChange, Reason), Problem> {
        let Self { url, description, events, enabled, reason: Text(reason) } = self;
        Ok((WebhookChangeBody { url, description, events, enabled }.change()?, reason))
    }
}

/// A secret to change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffRotateBody {
    #[schemars(range(max = 168))]
    overlap_hours: Option<u32>,
    reason: Text<Reason>,
}

impl StaffRotateBody {
    pub(crate) fn overlap(self) -> Result<(Duration, Reason), Problem> {
        let Self { overlap_hours, reason: Text(reason) } = self;
        Ok((RotateBody { overlap_hours }.overlap()?, reason))
    }
}

/// What to send again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaffReplayBody {
    event_id: Option<Text<EventId>>,
    from: Option<Text<OffsetDateTime>>,
    to: Option<Text<OffsetDateTime>>,
    after: Option<Text<EventId>>,
    reason: Text<Reason>,
}

impl StaffReplayBody {
    pub(crate) fn of(self) -> Result<(ReplayOf, Reason), Problem> {
        let Self { event_id, from, to, after, reason: Text(reason) } = self;
        Ok((ReplayBody { event_id, from, to, after }.of()?, reason))
    }
}
