//! Commands that run once and end.

mod backup;
mod config;
mod create_superuser;
mod explain;
mod healthcheck;
mod import;
mod migrate;
mod once;
mod openapi;
mod partner;
mod password;
mod seed;
mod simulate_partner;
mod staff;
mod tour;
mod verify;
mod webhooks;

pub use crate::doctor::doctor;
pub use backup::backup;
pub use config::{ConfigCommand, config};
pub use create_superuser::{NewSuperuser, create_superuser};
pub use explain::{errors_page, explain};
pub use healthcheck::healthcheck;
pub use import::{DjangoImport, import_django};
pub use migrate::migrate;
pub use once::Once;
pub use openapi::openapi;
pub use partner::{PartnerCommand, partner};
pub use seed::seed;
pub(crate) use seed::{Demonstration, demonstrate, has_demonstration_customers};
pub use simulate_partner::simulate_partner;
pub use staff::{
    ActivationCommand, AuditArguments, IncidentsCommand, OffersCommand, TransactionsCommand, UsersCommand,
    activation, audit, incidents, offers, transactions, users,
};
pub use tour::{TourArguments, tour};
pub use verify::verify;
pub use webhooks::{WebhooksCommand, webhooks};

use std::io::Write;

use crate::StartError;

/// Prints one line.
pub(crate) fn say(output: &mut dyn Write, line: &str) -> Result<(), StartError> {
    writeln!(output, "{line}").map_err(|error| StartError::Failed(format!("cannot print: {error}")))
}
