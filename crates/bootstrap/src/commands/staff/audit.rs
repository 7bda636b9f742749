//! `offers audit`: who did what to what, when and why.

use std::io::Write;

use clap::Args;
use offers_domain::audit::{AuditAction, AuditEvent, Subject, SubjectKind};
use offers_domain::ports::AuditFilter;
use offers_http::shown::AuditBody;

use super::{Format, Part, failed, show};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::settings::Settings;
use crate::staff::Desk;

/// Which part of the trail, newest first.
#[derive(Debug, Clone, Args)]
pub struct AuditArguments {
    /// What was done, such as `wallet_credited`
    #[arg(long)]
    action: Option<AuditAction>,
    /// To what kind of thing, such as `user`
    #[arg(long, value_name = "KIND", requires = "id")]
    subject: Option<SubjectKind>,
    /// To which of that kind
    #[arg(long, requires = "subject")]
    id: Option<String>,
    /// Which part of the list.
    #[command(flatten)]
    part: Part,
    /// How it is printed.
    #[command(flatten)]
    format: Format,
}

/// Prints a part of the trail.
pub async fn audit(
    settings: &Settings,
    arguments: AuditArguments,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let desk = Desk::open(settings).await?;
    let AuditArguments { action, subject, id, part, format } = arguments;
    let subject = match subject.zip(id) {
        Some((kind, id)) => {
            Some(Subject::of(kind, &id).ok_or_else(|| failed(format!("{id} is no id of a {kind}")))?)
        }
        None => None,
    };
    let filter = AuditFilter { action, subject, ..AuditFilter::default() };
    let page = desk.base.queries.audit(&filter, &part.page(None)?).await.map_err(failed)?;
    page.items.into_iter().try_for_each(|event| {
        let line = line(&event);
        show(output, format, &AuditBody::from(event), &line)
    })
}

fn line(event: &AuditEvent) -> String {
    let entry = &event.entry;
    let actor = entry.actor.id().map_or_else(String::new, |id| format!(" {id}"));
    let details: Vec<_> = entry.details.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let reason = entry.reason.as_ref().map_or("", |reason| reason.as_str());
    format!(
        "{}  {}{actor}  {}  {} {}  {reason}  {}",
        entry.at,
        entry.actor.kind(),
        entry.action,
        entry.subject.kind(),
        entry.subject.id(),
        details.join(" ")
    )
}
