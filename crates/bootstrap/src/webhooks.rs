//! By which way events reach webhooks.

use std::sync::Arc;

use offers_application::webhooks::{DeliverPorts, DeliverWebhooks, ManageWebhooks};
use offers_domain::ports::{Metrics, WakeUp};
use offers_local::LocalBell;
use offers_runner::sender::{Sender, SenderSettings};
use offers_webhooks::{HttpSender, Reach, WebhookSettings};

use crate::StartError;
use crate::settings::Settings;
use crate::wiring::Base;

/// What sends events, and the bell that wakes it.
pub(crate) struct WebhookParts {
    pub(crate) sender: Sender<DeliverWebhooks>,
    pub(crate) bell: Arc<dyn WakeUp>,
}

/// What may be called besides the public networks.
pub(crate) fn reach(settings: &Settings) -> Result<Reach, StartError> {
    let section = &settings.webhooks;
    let texts = section.allow_networks.split(',').map(str::trim).filter(|text| !text.is_empty());
    let networks = texts.map(str::parse).collect::<Result<_, _>>().map_err(|_| {
        StartError::Setting(
            "webhooks.allow_networks must be networks such as 10.0.0.0/8, separated by commas".into(),
        )
    })?;
    Ok(Reach { networks, loopback: section.allow_loopback })
}

/// The way to webhooks, as the settings have it.
pub(crate) fn http_sender(settings: &Settings) -> Result<HttpSender, StartError> {
    let extra_roots = settings.webhooks.ca_file.as_deref().map(std::fs::read).transpose();
    let extra_roots =
        extra_roots.map_err(|error| StartError::Setting(format!("webhooks.ca_file: {error}")))?;
    let settings = WebhookSettings { reach: reach(settings)?, extra_roots, ..WebhookSettings::default() };
    HttpSender::try_new(settings).map_err(|error| StartError::Setup(error.to_string()))
}

/// What looks after webhooks.
pub(crate) fn manage(base: &Base, settings: &Settings) -> Result<ManageWebhooks, StartError> {
    let (store, ids) = (base.store.clone(), base.ids.clone());
    Ok(ManageWebhooks { store, desk: Arc::new(http_sender(settings)?), ids })
}

/// What sends events.
pub(crate) fn parts(
    base: &Base,
    metrics: Arc<dyn Metrics>,
    settings: &Settings,
) -> Result<WebhookParts, StartError> {
    let bell = Arc::new(LocalBell::default());
    let ports = DeliverPorts {
        store: base.store.clone(),
        sender: Arc::new(http_sender(settings)?),
        clock: base.clock.clone(),
        ids: base.ids.clone(),
        metrics,
    };
    let pace = SenderSettings {
        concurrency: settings.webhooks.concurrency,
        poll: Settings::duration(settings.webhooks.poll_ms),
        ..SenderSettings::default()
    };
    let deliver = DeliverWebhooks::new(ports, settings.delivery_policy());
    Ok(WebhookParts { sender: Sender::new(deliver, bell.clone(), pace), bell })
}
