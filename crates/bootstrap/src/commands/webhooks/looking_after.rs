//! Looking after webhooks: the operator's own, and partners' on their behalf.

use std::io::Write;

use clap::{Args, Subcommand};
use offers_application::identity::{Deed, Origin};
use offers_application::webhooks::{ManageWebhooks, On, WebhookForm};
use offers_domain::audit::Reason;
use offers_domain::ids::{DeliveryId, EventId, WebhookId};
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner_channel::PartnerName;
use offers_domain::webhook::delivery::{Delivery, DeliveryState, DeliveryStatus};
use offers_domain::webhook::endpoint::{Description, Owner, Webhook, WebhookChange, WebhookState};
use offers_domain::webhook::event::EventKinds;
use offers_domain::webhook::views::{DeliveryFilter, ReplayOf, WebhookFilter};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::StartError;
use crate::backend::prepare_embedded;
use crate::commands::say;
use crate::settings::Settings;
use crate::webhooks::manage;
use crate::wiring::Base;

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum LookingAfter {
    /// Show all webhooks
    List {
        /// Those of this partner alone
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
    },
    /// Register a webhook and print its secret, this once
    Create {
        /// Where messages go: https://…
        url: String,
        /// For this partner's own orders [default: the operator's, for everybody's]
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
        /// What it says.
        #[command(flatten)]
        terms: TermsArguments,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Change a webhook, pause it, or send to it again
    Change {
        /// Which webhook
        id: i64,
        /// Where messages go from now on: https://…
        #[arg(long)]
        url: Option<String>,
        /// What it says.
        #[command(flatten)]
        terms: TermsArguments,
        /// `false` lets messages wait, `true` sends them again
        #[arg(long)]
        enabled: Option<bool>,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Remove a webhook
    Delete {
        /// Which webhook
        id: i64,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Sign with a new secret, and print it, this once
    Rotate {
        /// Which webhook
        id: i64,
        /// How long the secret before signs as well, in hours
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(..=168))]
        overlap_hours: u32,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Send a test
    Test {
        /// Which webhook
        id: i64,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
    /// Show what was sent, newest first, or every attempt for one event
    Deliveries {
        /// To which webhook
        id: i64,
        /// Those that stand so: queued, sending, delivered or failed
        #[arg(long)]
        status: Option<DeliveryStatus>,
        /// The attempts for this event, evt_…
        #[arg(long, value_name = "ID")]
        event: Option<EventId>,
        /// How many at most
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u8).range(1..=100))]
        limit: u8,
    },
    /// Send events again: one, or those of a time, a thousand at once
    Replay {
        /// To which webhook
        id: i64,
        /// This event, evt_…
        #[arg(long, value_name = "ID", conflicts_with_all = ["from", "to"], required_unless_present = "from")]
        event: Option<EventId>,
        /// Those from then on, such as 2026-11-20T00:00:00Z
        #[arg(long, value_name = "TIME", requires = "to", value_parser = instant)]
        from: Option<OffsetDateTime>,
        /// Those before then
        #[arg(long, value_name = "TIME", requires = "from", value_parser = instant)]
        to: Option<OffsetDateTime>,
        /// What is kept of it.
        #[command(flatten)]
        why: Why,
    },
}

/// What a webhook says; what is not said stays as it is.
#[derive(Debug, Clone, Default, Args)]
pub struct TermsArguments {
    /// Which events, with commas between [default: all]
    #[arg(long, value_name = "TYPES")]
    events: Option<EventKinds>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// Why something is done that needs no reason.
#[derive(Debug, Clone, Args)]
pub struct Why {
    /// Why, in a few words; it is kept in the audit trail
    #[arg(long, value_name = "TEXT", default_value = "from the command line")]
    reason: String,
}

fn instant(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "a time is written as 2026-11-20T16:10:53Z".into())
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Failed(error.to_string())
}

fn description(text: Option<&str>) -> Result<Option<Description>, StartError> {
    let words = text.map(Description::try_new).transpose();
    words.map_err(|error| failed(format!("the description {error}")))
}

/// Does what is asked and says what was done.
pub(crate) async fn look_after(
    settings: &Settings,
    command: LookingAfter,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let (base, _) = Base::open(settings).await?;
    let manage = manage(&base, settings)?;
    let desk = Desk { base, manage, origin: Origin { request: None, address: None } };
    let lines = match command {
        LookingAfter::List { partner } => desk.list(partner.as_deref()).await?,
        LookingAfter::Deliveries { id, event: Some(event), .. } => desk.log(WebhookId(id), event).await?,
        LookingAfter::Deliveries { id, status, event: None, limit } => {
            desk.deliveries(WebhookId(id), status, limit).await?
        }
        deed => desk.carry_out(deed).await?,
    };
    lines.iter().try_for_each(|line| say(output, line))
}

/// Where webhooks are looked after.
struct Desk {
    base: Base,
    manage: ManageWebhooks,
    origin: Origin,
}

impl Desk {
    /// What whoever holds the command line does. A secret is the last line, alone, so that a program can take it.
    async fn carry_out(&self, command: LookingAfter) -> Result<Vec<String>, StartError> {
        let why = match &command {
            LookingAfter::Create { why, .. }
            | LookingAfter::Change { why, .. }
            | LookingAfter::Delete { why, .. }
            | LookingAfter::Rotate { why, .. }
            | LookingAfter::Test { why, .. }
            | LookingAfter::Replay { why, .. } => why.reason.as_str(),
            LookingAfter::List { .. } | LookingAfter::Deliveries { .. } => return Ok(Vec::new()),
        };
        let reason = Reason::try_new(why).map_err(|error| failed(format!("the reason {error}")))?;
        let on = On::Staff(Deed { by: None, reason: &reason, origin: &self.origin });
        let manage = &self.manage;
        Ok(match command {
            LookingAfter::Create { url, partner, terms, .. } => self.create(url, partner, terms, on).await?,
            LookingAfter::Change { id, url, terms, enabled, .. } => {
                let TermsArguments { events: kinds, description: words } = terms;
                let change =
                    WebhookChange { url, kinds, enabled, description: description(words.as_deref())? };
                manage.change(WebhookId(id), &change, on).await.map_err(failed)?;
                vec![format!("changed webhook {id}")]
            }
            LookingAfter::Delete { id, .. } => {
                manage.delete(WebhookId(id), on).await.map_err(failed)?;
                vec![format!("deleted webhook {id}")]
            }
            LookingAfter::Rotate { id, overlap_hours, .. } => {
                let overlap = Duration::hours(overlap_hours.into());
                let issued = manage.rotate(WebhookId(id), overlap, on).await.map_err(failed)?;
                let line = format!(
                    "webhook {id} has a new secret; the one before signs for {overlap_hours} hours more. It is shown this once:"
                );
                vec![line, issued.secret.0]
            }
            LookingAfter::Test { id, .. } => {
                let event = manage.test(WebhookId(id), on).await.map_err(failed)?;
                vec![format!("queued the test {event}")]
            }
            LookingAfter::Replay { id, event, from, to, .. } => {
                self.replay(id, event, from.zip(to), on).await?
            }
            LookingAfter::List { .. } | LookingAfter::Deliveries { .. } => Vec::new(),
        })
    }

    async fn create(
        &self,
        url: String,
        partner: Option<String>,
        terms: TermsArguments,
        on: On<'_>,
    ) -> Result<Vec<String>, StartError> {
        let form = WebhookForm {
            owner: self.owner(partner.as_deref()).await?.unwrap_or(Owner::Operator),
            url,
            description: description(terms.description.as_deref())?.unwrap_or_default(),
            kinds: terms.events.unwrap_or_else(EventKinds::all),
        };
        let issued = self.manage.create(&form, on).await.map_err(failed)?;
        Ok(vec![format!("registered webhook {}; its secret is shown this once:", issued.id), issued.secret.0])
    }

    /// In pieces, until nothing is left.
    async fn replay(
        &self,
        id: i64,
        event: Option<EventId>,
        between: Option<(OffsetDateTime, OffsetDateTime)>,
        on: On<'_>,
    ) -> Result<Vec<String>, StartError> {
        let (mut queued, mut after) = (0_usize, None);
        loop {
            let of = match (event, between) {
                (Some(event), _) => ReplayOf::Event(event),
                (None, Some((from, to))) => ReplayOf::Between { from, to, after },
                (None, None) => return Err(failed("either --event is given, or --from and --to")),
            };
            let piece = self.manage.replay(WebhookId(id), of, on).await.map_err(failed)?;
            queued = queued.saturating_add(piece.queued);
            after = piece.last;
            if !piece.has_more {
                return Ok(vec![format!("queued {queued} events again")]);
            }
        }
    }

    async fn owner(&self, partner: Option<&str>) -> Result<Option<Owner>, StartError> {
        let Some(name) = partner else { return Ok(None) };
        let name = PartnerName::try_new(name).map_err(failed)?;
        let found = self.base.queries.partner_named(&name).await.map_err(failed)?;
        let found = found.ok_or_else(|| failed(format!("there is no partner named {}", name.as_str())))?;
        Ok(Some(Owner::Partner(found.id)))
    }

    async fn list(&self, partner: Option<&str>) -> Result<Vec<String>, StartError> {
        let filter = WebhookFilter { owner: self.owner(partner).await? };
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: PageLimit::MAX, after };
            let page = self.base.queries.webhooks(&filter, &page).await.map_err(failed)?;
            lines.extend(page.items.iter().map(webhook_line));
            after = page.items.last().map(|webhook| webhook.id);
            if !page.has_more {
                break;
            }
        }
        if lines.is_empty() {
            lines.push("there are no webhooks".into());
        }
        Ok(lines)
    }

    async fn deliveries(
        &self,
        id: WebhookId,
        status: Option<DeliveryStatus>,
        limit: u8,
    ) -> Result<Vec<String>, StartError> {
        let page: PageRequest<DeliveryId> =
            PageRequest { limit: PageLimit::try_new(limit.into()).unwrap_or_default(), after: None };
        let filter = DeliveryFilter { status };
        let found = self.base.queries.deliveries(id, &filter, &page).await.map_err(failed)?;
        if found.items.is_empty() {
            return Ok(vec![format!("nothing was sent to webhook {id}")]);
        }
        Ok(found.items.iter().map(delivery_line).collect())
    }

    async fn log(&self, id: WebhookId, event: EventId) -> Result<Vec<String>, StartError> {
        let file = self.base.queries.delivery(id, event).await.map_err(failed)?;
        let file = file.ok_or_else(|| failed(format!("{event} was not meant for webhook {id}")))?;
        let attempts = file.attempts.iter().map(|attempt| {
            let status = attempt.status.map_or("no answer".into(), |status| format!("http {status}"));
            let took = attempt.took.whole_milliseconds();
            let error = attempt.error.as_deref().unwrap_or("delivered");
            format!("  {}  {}  {status}  {took} ms  {error}", attempt.number, shown(attempt.started_at))
        });
        Ok(std::iter::once(delivery_line(&file.delivery)).chain(attempts).collect())
    }
}

fn shown(at: OffsetDateTime) -> String {
    let at = at.replace_nanosecond(0).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

fn webhook_line(webhook: &Webhook) -> String {
    let owner = webhook.owner.partner().map_or("operator".into(), |partner| format!("partner {partner}"));
    let state = match webhook.state {
        WebhookState::Disabled(reason) => format!("disabled ({reason})"),
        _ => webhook.status().to_string(),
    };
    format!("{}  {owner}  {state}  {}  {}", webhook.id, webhook.terms.url, webhook.terms.kinds)
}

fn delivery_line(delivery: &Delivery) -> String {
    let parts = delivery.parts();
    let next = match parts.state {
        DeliveryState::Queued { due } => format!(", next attempt {}", shown(due)),
        DeliveryState::Sending { .. } | DeliveryState::Delivered | DeliveryState::Failed => String::new(),
    };
    let reason = parts.reason.as_deref().map_or(String::new(), |reason| format!(", {reason}"));
    let (event, status) = (&parts.event, delivery.status());
    format!("{}  {}  {status} after {} attempts{reason}{next}", event.id, event.kind(), parts.attempt)
}
