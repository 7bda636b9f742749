//! `offers incidents …`: what activation partners said too late.

use std::io::Write;

use clap::Subcommand;
use offers_application::identity::Origin;
use offers_domain::ids::IncidentId;
use offers_domain::incident::{Incident, IncidentStatus};
use offers_http::shown::IncidentBody;

use super::{Format, Part, Why, deed, failed, show};
use crate::StartError;
use crate::backend::prepare_embedded;
use crate::settings::Settings;
use crate::staff::Desk;

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum IncidentsCommand {
    /// List incidents, newest first
    List {
        /// Those that stand so: `voiding`, `needs_attention` or `resolved`
        #[arg(long)]
        status: Option<IncidentStatus>,
        /// Those after this one in the list
        #[arg(long, value_name = "ID")]
        after: Option<IncidentId>,
        /// Which part of the list.
        #[command(flatten)]
        part: Part,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Show one incident
    Show {
        /// Which
        id: IncidentId,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Say that an incident is dealt with; nobody is called about it any more
    Close {
        /// Which
        id: IncidentId,
        /// Why.
        #[command(flatten)]
        why: Why,
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
}

/// Does what is asked and says what was done.
pub async fn incidents(
    settings: &Settings,
    command: IncidentsCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    prepare_embedded(settings).await?;
    let desk = Desk::open(settings).await?;
    let (found, format) = match command {
        IncidentsCommand::List { status, after, part, format } => {
            let page = desk.base.queries.incidents(status, &part.page(after)?).await.map_err(failed)?;
            (page.items, format)
        }
        IncidentsCommand::Show { id, format } => {
            let found = desk.base.queries.incident(id).await.map_err(failed)?;
            (vec![found.ok_or_else(|| failed("there is no such incident"))?], format)
        }
        IncidentsCommand::Close { id, why, format } => {
            let origin = Origin::default();
            let closed = desk.staff.close_incidents.run(id, deed(&why.reason()?, &origin)).await;
            (vec![closed.map_err(failed)?], format)
        }
    };
    found.into_iter().try_for_each(|incident| {
        let line = line(&incident);
        show(output, format, &IncidentBody::from(incident), &line)
    })
}

fn line(incident: &Incident) -> String {
    let Incident { id, transaction, partner, kind, evidence, state, attempt, .. } = incident;
    let said = incident.last_answer.as_deref().map_or(String::new(), |answer| format!(", last {answer}"));
    let status = state.status();
    format!("{id}  {kind}  {partner}  order {transaction}  {status}  {evidence}  {attempt} voids{said}")
}
