//! `offers activation`: which activation partners there are, and which are called.

use std::io::Write;

use offers_application::identity::{Deed, Origin};
use offers_application::manage_activation_partners::ManageActivationPartnersError;
use offers_domain::activation_partner::ActivationPartner;
use offers_domain::audit::Reason;
use time::format_description::well_known::Rfc3339;

use super::say;
use crate::StartError;
use crate::activation::manage;
use crate::settings::Settings;
use crate::wiring::Base;

/// Whether a partner is to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationSwitch {
    /// Not any more.
    Pause,
    /// Again.
    Resume,
}

/// Shows every activation partner: whether it is called, and how many orders wait for it.
pub async fn list_activation_partners(settings: &Settings, output: &mut dyn Write) -> Result<(), StartError> {
    let (base, _) = Base::open(settings).await?;
    let partners = manage(&base, settings)?.list().await;
    for view in partners.map_err(|error| StartError::Store(error.to_string()))? {
        let state = match &view.pause {
            None => "running".to_owned(),
            Some(pause) => {
                let since = pause.since.format(&Rfc3339).unwrap_or_default();
                format!("paused since {since}: {}", pause.reason.as_str())
            }
        };
        say(output, &format!("{:<24}  {:>6} open orders  {state}", view.partner, view.open_orders))?;
    }
    Ok(())
}

/// Pauses or resumes a partner; every worker obeys with its next claim.
pub async fn switch_activation_partner(
    settings: &Settings,
    switch: ActivationSwitch,
    name: &str,
    reason: &str,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    let partner = ActivationPartner::try_new(name)
        .map_err(|error| StartError::Setting(format!("the activation partner's name {error}")))?;
    let reason =
        Reason::try_new(reason).map_err(|error| StartError::Setting(format!("the reason {error}")))?;
    let (base, _) = Base::open(settings).await?;
    let manage = manage(&base, settings)?;
    let deed = Deed { by: None, reason: &reason, origin: &Origin::default() };
    let (changed, state) = match switch {
        ActivationSwitch::Pause => (manage.pause(partner, deed).await, "paused"),
        ActivationSwitch::Resume => (manage.resume(partner, deed).await, "running"),
    };
    let changed = changed.map_err(|error| match error {
        ManageActivationPartnersError::Unknown(_) => StartError::Setting(error.to_string()),
        ManageActivationPartnersError::Store(error) => StartError::Store(error.to_string()),
    })?;
    let already = if changed { "" } else { " already" };
    say(output, &format!("{partner} is {state}{already}"))
}
