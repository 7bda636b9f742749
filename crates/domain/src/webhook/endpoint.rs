//! Endpoints: where somebody hears of events.
//!
//! ```text
//! enabled ◀──▶ paused
//!    │ ▲
//!    ▼ └── by hand
//! disabled, where the receiver is gone or has failed for days
//! ```

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::delivery::{Answer, DeliveryPolicy};
use super::event::EventKinds;
use super::secret::Secret;
use crate::ids::{PartnerId, WebhookId};
use crate::retry::{Jitter, doubled};
use crate::text::{self, TextError};

/// How many endpoints one owner may have: each costs a row for every event.
pub const MOST_WEBHOOKS: usize = 10;

string_enum!(
    /// Where an endpoint stands.
    WebhookStatus {
        /// Messages are sent.
        Enabled => "enabled",
        /// Messages wait.
        Paused => "paused",
        /// It was given up: its messages wait, and new events are none of its.
        Disabled => "disabled",
        /// It is not there any more.
        Deleted => "deleted",
    }
);

string_enum!(
    /// Why an endpoint was given up.
    DisabledReason {
        /// The receiver answered that it is gone for good (410).
        Gone => "gone",
        /// Nothing was delivered for days.
        Failing => "failing",
    }
);

/// Who registered an endpoint, and so which events are its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The operator: everybody's.
    Operator,
    /// A partner: those of its own orders, and of the subscriptions that it sold.
    Partner(PartnerId),
}

impl Owner {
    /// The partner, if it is one.
    pub fn partner(self) -> Option<PartnerId> {
        match self {
            Self::Operator => None,
            Self::Partner(partner) => Some(partner),
        }
    }

    /// Whether an event about an order that `seller` placed is the owner's.
    pub fn hears_of(self, seller: Option<PartnerId>) -> bool {
        match self {
            Self::Operator => true,
            Self::Partner(partner) => seller == Some(partner),
        }
    }
}

impl From<Option<PartnerId>> for Owner {
    fn from(partner: Option<PartnerId>) -> Self {
        partner.map_or(Self::Operator, Self::Partner)
    }
}

/// Why an address cannot be one of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UrlRefusal {
    /// It is too long, or no address of the web.
    #[error("must be an absolute address of at most 2000 characters")]
    Malformed,
    /// It is not encrypted.
    #[error("must begin with https://")]
    NotHttps,
    /// It holds a name or a password.
    #[error("must not hold a user name or a password")]
    Credentials,
    /// It has a part that is never sent.
    #[error("must not have a fragment")]
    Fragment,
    /// It points where only this machine or its network may go.
    #[error("must point to a public address")]
    NotPublic,
}

/// What a person says of an endpoint: up to 200 characters on one line, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description(String);

impl Description {
    /// Checks the limits.
    pub fn try_new(text: &str) -> Result<Self, TextError> {
        if text.trim().is_empty() { Ok(Self::default()) } else { text::line(text.trim(), 200).map(Self) }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How an endpoint has been doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// Since when nothing was delivered, UTC; none where the last attempt delivered.
    pub failing_since: Option<OffsetDateTime>,
    /// How many rounds of attempts in a row have delivered nothing.
    pub failures: u32,
    /// Until when the whole endpoint is left alone, UTC.
    pub resume_at: Option<OffsetDateTime>,
}

/// Where an endpoint stands, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    /// See [`WebhookStatus::Enabled`].
    Enabled,
    /// See [`WebhookStatus::Paused`].
    Paused,
    /// See [`WebhookStatus::Disabled`].
    Disabled(DisabledReason),
    /// See [`WebhookStatus::Deleted`].
    Deleted,
}

/// What is told, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTerms {
    /// The address, as the sender's port admitted it.
    pub url: String,
    /// What a person says of it.
    pub description: Description,
    /// Which events.
    pub kinds: EventKinds,
}

/// What signs an endpoint's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The newest.
    pub current: Secret,
    /// The one before, and when it ends, UTC.
    pub previous: Option<(Secret, OffsetDateTime)>,
}

impl Secrets {
    /// Those that sign at `now`, the newest first.
    pub fn at(&self, now: OffsetDateTime) -> Vec<Secret> {
        let previous = self.previous.iter().filter(|(_, end)| now < *end).map(|(secret, _)| secret);
        std::iter::once(&self.current).chain(previous).cloned().collect()
    }

    /// From now on `new` signs; what signed before does so for `overlap` longer, so that the receiver has time to learn
    /// the new one.
    pub fn rotate(&mut self, new: Secret, overlap: Duration, now: OffsetDateTime) {
        let end = now.saturating_add(overlap);
        let before = std::mem::replace(&mut self.current, new);
        self.previous = (end > now).then_some((before, end));
    }
}

/// An endpoint to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Whose it is.
    pub owner: Owner,
    /// What is told, and where.
    pub terms: WebhookTerms,
    /// What signs its messages.
    pub secret: Secret,
    /// When it was registered, UTC.
    pub created_at: OffsetDateTime,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub owner: Owner,
    /// What is told, and where.
    pub terms: WebhookTerms,
    /// Where it stands.
    pub state: WebhookState,
    /// What signs its messages.
    pub secrets: Secrets,
    /// How it has been doing.
    pub health: Health,
    /// When it was registered, UTC.
    pub created_at: OffsetDateTime,
    /// When it was last changed by somebody, UTC.
    pub updated_at: OffsetDateTime,
}

/// What somebody wants to change; what is not said stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookChange {
    /// Another address.
    pub url: Option<String>,
    /// Other words.
    pub description: Option<Description>,
    /// Other events.
    pub kinds: Option<EventKinds>,
    /// Whether messages are sent, or wait. Sent again, an endpoint begins anew, whatever was before.
    pub enabled: Option<bool>,
}

impl Webhook {
    /// The state's name.
    pub fn status(&self) -> WebhookStatus {
        match self.state {
            WebhookState::Enabled => WebhookStatus::Enabled,
            WebhookState::Paused => WebhookStatus::Paused,
            WebhookState::Disabled(_) => WebhookStatus::Disabled,
            WebhookState::Deleted => WebhookStatus::Deleted,
        }
    }

    /// Whether new events are queued for it.
    pub fn listens(&self) -> bool {
        matches!(self.state, WebhookState::Enabled | WebhookState::Paused)
    }

    /// Whether messages may be sent to it: it is enabled, and not left alone.
    pub fn may_be_called(&self, now: OffsetDateTime) -> bool {
        self.state == WebhookState::Enabled && self.health.resume_at.is_none_or(|resume_at| resume_at <= now)
    }

    /// Changes what is said.
    pub fn change(&mut self, change: &WebhookChange) {
        let WebhookChange { url, description, kinds, enabled } = change.clone();
        let terms = &mut self.terms;
        terms.url = url.unwrap_or_else(|| std::mem::take(&mut terms.url));
        terms.description = description.unwrap_or_else(|| std::mem::take(&mut terms.description));
        if let Some(kinds) = kinds {
            terms.kinds = kinds;
        }
        match enabled {
            Some(true) => {
                self.state = WebhookState::Enabled;
                self.health = Health::default();
            }
            Some(false) => self.state = WebhookState::Paused,
            None => {}
        }
    }

    /// Removes it: nothing is signed or sent any more.
    pub fn delete(&mut self) {
        self.state = WebhookState::Deleted;
        self.secrets = Secrets { current: Secret(String::new()), previous: None };
        self.health = Health::default();
    }

    /// Learns from a round of attempts. One delivery is enough to trust it again; after a few rounds without, the whole
    /// endpoint is left alone for a while, and after days it is given up. Says why, where it is given up now.
    pub fn learn(
        &mut self,
        answers: &[Answer],
        policy: &DeliveryPolicy,
        now: OffsetDateTime,
        jitter: Jitter,
    ) -> Option<DisabledReason> {
        if self.state != WebhookState::Enabled {
            return None;
        }
        if answers.iter().any(|answer| matches!(answer, Answer::Gone)) {
            self.state = WebhookState::Disabled(DisabledReason::Gone);
            return Some(DisabledReason::Gone);
        }
        if answers.is_empty() || answers.iter().any(|answer| matches!(answer, Answer::Accepted { .. })) {
            self.health = Health::default();
            return None;
        }
        let since = *self.health.failing_since.get_or_insert(now);
        self.health.failures = self.health.failures.saturating_add(1);
        if since.saturating_add(policy.disable_after) <= now {
            self.state = WebhookState::Disabled(DisabledReason::Failing);
            return Some(DisabledReason::Failing);
        }
        let asked = answers.iter().filter_map(Answer::retry_after).max();
        let wait = match self.health.failures.checked_sub(policy.patience) {
            Some(beyond) => jitter.of(doubled(policy.backoff_base, beyond, policy.rest_cap)),
            None => Duration::ZERO,
        };
        let wait = wait.max(asked.unwrap_or_default().min(policy.retry_after_cap));
        self.health.resume_at = (wait > Duration::ZERO).then(|| now.saturating_add(wait));
        None
    }
}
