//! What staff do, on the command line: whoever holds it holds the store, so that only the reason is asked for.

mod activation;
mod audit;
mod incidents;
mod offers;
mod transactions;
mod users;

pub use activation::{ActivationCommand, activation};
pub use audit::{AuditArguments, audit};
pub use incidents::{IncidentsCommand, incidents};
pub use offers::{OffersCommand, offers};
pub use transactions::{TransactionsCommand, transactions};
pub use users::{UsersCommand, users};

use std::fmt::Display;
use std::io::Write;

use clap::Args;
use offers_application::identity::{Deed, Origin};
use offers_domain::audit::Reason;
use offers_domain::page::{PageLimit, PageRequest};
use offers_domain::partner_channel::{Partner, PartnerName};
use offers_domain::user::User;
use serde::Serialize;

use super::say;
use crate::StartError;
use crate::embedded::is_served;
use crate::settings::Settings;
use crate::staff::Desk;

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub struct Format {
    /// Print JSON, one document in each line, as the API has it
    #[arg(long)]
    json: bool,
}

/// Why something is done.
#[derive(Debug, Clone, Args)]
pub struct Why {
    /// Why, in a few words; it is kept in the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy, Args)]
pub struct Part {
    /// How many at most, from 1 to 100
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100))]
    limit: u64,
}

impl Part {
    fn page<K>(self, after: Option<K>) -> Result<PageRequest<K>, StartError> {
        Ok(PageRequest { limit: PageLimit::try_new(self.limit).map_err(failed)?, after })
    }
}

impl Why {
    fn reason(&self) -> Result<Reason, StartError> {
        Reason::try_new(&self.reason).map_err(|error| failed(format!("the reason {error}")))
    }
}

/// The deed of whoever holds the command line.
fn deed<'a>(reason: &'a Reason, origin: &'a Origin) -> Deed<'a> {
    Deed { by: None, reason, origin }
}

fn failed(error: impl Display) -> StartError {
    StartError::Failed(error.to_string())
}

/// Prints one thing: as a document, or as a line.
fn show<T: Serialize>(
    output: &mut dyn Write,
    format: Format,
    document: &T,
    line: &str,
) -> Result<(), StartError> {
    if format.json {
        say(output, &serde_json::to_string(document).map_err(failed)?)
    } else {
        say(output, line)
    }
}

/// Says so, beside the answer, where a server that runs on this embedded store goes on with what it has read.
fn mention_the_server(settings: &Settings, what: &str) {
    if is_served(settings) {
        // The deed is done, whether or not somebody reads this.
        let _ = writeln!(std::io::stderr(), "note: the server that runs on this store may go on with {what}");
    }
}

impl Desk {
    /// The person with this name.
    async fn person(&self, name: &str) -> Result<User, StartError> {
        let known = self.base.queries.credentials(name).await.map_err(failed)?;
        known.map(|known| known.user).ok_or_else(|| failed(format!("there is no user named {name}")))
    }

    /// The company with this name.
    async fn partner(&self, name: &str) -> Result<Partner, StartError> {
        let asked = PartnerName::try_new(name).map_err(failed)?;
        let known = self.base.queries.partner_named(&asked).await.map_err(failed)?;
        known.ok_or_else(|| failed(format!("there is no partner named {name}")))
    }
}
