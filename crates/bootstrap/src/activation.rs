//! The ways to the activation partners.

use std::sync::Arc;
use std::time::Duration;

use offers_application::manage_activation_partners::ManageActivationPartners;
use offers_application::void_late_successes::VoidLateSuccesses;
use offers_domain::activation_partner::{ActivationPartner, Places};
use offers_domain::ports::ActivationGateway;
use offers_partner::{Callbacks, Gateways, HttpGateway, HttpGatewaySettings};
use secrecy::ExposeSecret;

use crate::StartError;
use crate::settings::Settings;
use crate::wiring::Base;

/// The way to each activation partner; `default_url` is that of the default one. Nobody is called yet.
pub(crate) fn gateways(default_url: &str, settings: &Settings) -> Result<Gateways, StartError> {
    settings
        .activation_partners()?
        .into_iter()
        .map(|partner| gateway(partner, default_url, settings))
        .collect()
}

fn gateway(
    partner: ActivationPartner,
    default_url: &str,
    settings: &Settings,
) -> Result<(ActivationPartner, HttpGateway), StartError> {
    let (key, url) = match settings.activation_partner(partner) {
        Some(section) => (format!("activation_partners.{partner}.url"), section.url.as_str()),
        None => ("activation_partner_url".to_owned(), default_url),
    };
    // A wait for a turn, or for a connection, is part of the call and must leave time for the rest of it.
    let call_timeout = Settings::duration(settings.partner.call_timeout_ms);
    let gateway = HttpGateway::try_new(&HttpGatewaySettings {
        connect_timeout: Settings::duration(settings.partner.connect_timeout_ms).min(call_timeout),
        call_timeout,
        max_concurrency: max_concurrency(partner, settings),
        max_wait: (call_timeout / 2).min(Duration::from_secs(1)),
        ..HttpGatewaySettings::new(url)
    });
    let gateway = gateway.map_err(|error| StartError::Setting(format!("{key}: {error}")))?;
    Ok((partner, gateway))
}

fn max_concurrency(partner: ActivationPartner, settings: &Settings) -> usize {
    let own = settings.activation_partner(partner).and_then(|section| section.max_concurrency);
    own.unwrap_or(settings.partner.max_concurrency)
}

/// How many orders of each partner a worker has under way: never more than may be called for, so that an order which is
/// claimed need not wait for its turn.
pub(crate) fn places(settings: &Settings) -> Result<Vec<Places>, StartError> {
    let places = |partner| {
        let free = settings.worker.concurrency.min(max_concurrency(partner, settings));
        Places { partner, free, since: None }
    };
    Ok(settings.activation_partners()?.into_iter().map(places).collect())
}

/// Refuses to work where orders are open that nobody could be called for: an order stays with the partner that it was
/// placed with, so a partner leaves the settings when its last order has ended.
pub(crate) async fn check_open_orders(base: &Base, settings: &Settings) -> Result<(), StartError> {
    let partners = settings.activation_partners()?;
    let open = base.queries.open_orders().await.map_err(|error| StartError::Store(error.to_string()))?;
    match open.into_iter().find(|(partner, _)| !partners.contains(partner)) {
        None => Ok(()),
        Some((partner, orders)) => Err(StartError::Setting(format!(
            "activation_partners.{partner} is missing, but {orders} of its orders have not ended"
        ))),
    }
}

/// What undoes late successes at the partners.
pub(crate) fn voids(
    base: &Base,
    gateway: Arc<dyn ActivationGateway>,
    settings: &Settings,
) -> Result<VoidLateSuccesses, StartError> {
    Ok(VoidLateSuccesses {
        store: base.store.clone(),
        gateway,
        ids: base.ids.clone(),
        policy: settings.retry_policy(),
        partners: settings.activation_partners()?,
    })
}

/// The reader of what activation partners report; those without a secret report nothing.
pub(crate) fn callbacks(settings: &Settings) -> Result<Callbacks, StartError> {
    let mut callbacks = Callbacks::default();
    for partner in settings.activation_partners()? {
        let (key, secrets) = match settings.activation_partner(partner) {
            Some(section) => {
                (format!("activation_partners.{partner}.callback_secrets"), &section.callback_secrets)
            }
            None => ("partner.callback_secrets".to_owned(), &settings.partner.callback_secrets),
        };
        if let Some(secrets) = secrets {
            let admitted = callbacks.admit(partner, secrets.expose_secret());
            admitted.map_err(|error| StartError::Setting(format!("{key}: {error}")))?;
        }
    }
    Ok(callbacks)
}

/// What the back office does with activation partners.
pub(crate) fn manage(base: &Base, settings: &Settings) -> Result<ManageActivationPartners, StartError> {
    Ok(ManageActivationPartners {
        partners: settings.activation_partners()?,
        store: base.store.clone(),
        queries: base.queries.clone(),
        ids: base.ids.clone(),
        wake_up: base.state.wake_up.clone(),
    })
}
