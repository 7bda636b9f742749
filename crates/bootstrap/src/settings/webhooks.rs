//! Telling partners and the operator what happened.

use std::path::PathBuf;

use documented::DocumentedFields;
use offers_domain::webhook::DeliveryPolicy;
use serde::{Deserialize, Serialize};

use super::Settings;

/// Sending events to webhooks.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct WebhooksSection {
    /// Let webhooks point to this machine, also by plain `http://`. For development only.
    pub allow_loopback: bool,
    /// Networks inside that webhooks may point to, separated by commas: `10.20.0.0/16`. Everything else that is not public is
    /// refused.
    pub allow_networks: String,
    /// Certificates (PEM) that receivers may be known by, besides those that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// How many deliveries a worker has under way at once.
    pub concurrency: usize,
    /// How many of them to one webhook.
    pub per_webhook: usize,
    /// How often a worker looks for due deliveries although nobody woke it, in milliseconds.
    pub poll_ms: u32,
    /// How long a worker holds a delivery, in milliseconds.
    pub lease_ms: u32,
    /// Ceiling of the first retry's random delay, in milliseconds; doubles with each.
    pub retry_base_ms: u32,
    /// Highest ceiling of a retry's delay, in milliseconds.
    pub retry_cap_ms: u32,
    /// How long after it was queued a delivery is still tried, in milliseconds.
    pub give_up_ms: u32,
    /// How long a webhook may fail before it is disabled, in milliseconds.
    pub disable_ms: u32,
}

impl Default for WebhooksSection {
    fn default() -> Self {
        Self {
            allow_loopback: false,
            allow_networks: String::new(),
            ca_file: None,
            concurrency: 32,
            per_webhook: 8,
            poll_ms: 1_000,
            lease_ms: 60_000,
            retry_base_ms: 5_000,
            retry_cap_ms: 14_400_000,
            give_up_ms: 259_200_000,
            disable_ms: 259_200_000,
        }
    }
}

impl Settings {
    /// How long, how often and when events are sent.
    pub fn delivery_policy(&self) -> DeliveryPolicy {
        let milliseconds = |value: u32| time::Duration::milliseconds(i64::from(value));
        DeliveryPolicy {
            lease: milliseconds(self.webhooks.lease_ms),
            backoff_base: milliseconds(self.webhooks.retry_base_ms),
            backoff_cap: milliseconds(self.webhooks.retry_cap_ms),
            give_up_after: milliseconds(self.webhooks.give_up_ms),
            disable_after: milliseconds(self.webhooks.disable_ms),
            per_webhook: self.webhooks.per_webhook,
            ..DeliveryPolicy::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_follow_the_documented_policy() {
        let settings = Settings::default();
        assert_eq!(settings.delivery_policy(), DeliveryPolicy::default());
    }
}
