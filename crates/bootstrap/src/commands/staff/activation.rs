//! `offers activation …`: which activation partners there are, and which are called.

use std::io::Write;

use clap::Subcommand;
use offers_application::identity::Origin;
use offers_application::manage_activation_partners::{ActivationPartnerView, ManageActivationPartnersError};
use offers_domain::activation_partner::ActivationPartner;
use offers_http::shown::ActivationPartnerBody;
use time::format_description::well_known::Rfc3339;

use super::{Format, Why, deed, failed, show};
use crate::StartError;
use crate::activation::manage;
use crate::commands::say;
use crate::settings::Settings;
use crate::wiring::Base;

/// What is asked, in the words of the command line.
#[derive(Debug, Clone, Subcommand)]
pub enum ActivationCommand {
    /// Show every activation partner, and how many orders wait for it
    List {
        /// How it is printed.
        #[command(flatten)]
        format: Format,
    },
    /// Call a partner no more; orders for it are taken and wait
    Pause {
        /// The partner
        name: String,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
    /// Call a partner again
    Resume {
        /// The partner
        name: String,
        /// Why.
        #[command(flatten)]
        why: Why,
    },
}

/// Does what is asked; every worker obeys with its next claim.
pub async fn activation(
    settings: &Settings,
    command: ActivationCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    let (base, _) = Base::open(settings).await?;
    let (partners, origin) = (manage(&base, settings)?, Origin::default());
    let (name, changed, state) = match command {
        ActivationCommand::List { format } => {
            return partners.list().await.map_err(failed)?.into_iter().try_for_each(|view| {
                let line = line(&view);
                show(output, format, &ActivationPartnerBody::from(view), &line)
            });
        }
        ActivationCommand::Pause { name, why } => {
            let changed = partners.pause(partner(&name)?, deed(&why.reason()?, &origin)).await;
            (name, changed, "paused")
        }
        ActivationCommand::Resume { name, why } => {
            let changed = partners.resume(partner(&name)?, deed(&why.reason()?, &origin)).await;
            (name, changed, "running")
        }
    };
    let changed = changed.map_err(|error| match error {
        ManageActivationPartnersError::Unknown(_) => StartError::Setting(error.to_string()),
        error => failed(error),
    })?;
    let already = if changed { "" } else { " already" };
    say(output, &format!("{name} is {state}{already}"))
}

fn partner(name: &str) -> Result<ActivationPartner, StartError> {
    ActivationPartner::try_new(name)
        .map_err(|error| StartError::Setting(format!("the activation partner's name {error}")))
}

fn line(view: &ActivationPartnerView) -> String {
    let state = match &view.pause {
        None if !view.is_configured => "not in the settings: nobody may be working on its orders".to_owned(),
        None => "running".to_owned(),
        Some(pause) => {
            let since = pause.since.format(&Rfc3339).unwrap_or_default();
            format!("paused since {since}: {}", pause.reason.as_str())
        }
    };
    format!("{:<24}  {:>6} open orders  {state}", view.partner, view.open_orders)
}
