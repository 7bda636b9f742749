//! `offers migrate`: bring the database's schema up to date.

use std::io::Write;

use super::say;
use crate::settings::Settings;
use crate::{StartError, backend};

/// Runs pending migrations and says which.
pub async fn migrate(settings: &Settings, output: &mut dyn Write) -> Result<(), StartError> {
    let change = backend::migrate(settings).await?;
    for name in &change.applied {
        say(output, &format!("applied {name}"))?;
    }
    say(output, &format!("{} is up to date", change.database))
}
