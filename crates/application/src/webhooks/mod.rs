//! Webhooks: looking after endpoints, and sending them what happened.

mod deliver;
mod manage;

pub use deliver::{Attempted, DeliverPorts, DeliverWebhooks, Outgoing};
pub use manage::{Issued, ManageWebhooks, ManageWebhooksError, On, WebhookForm};
