//! `offers tour`: the whole journey against a running server, or as files for other programs.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use offers_tour::{Guest, collections, play};

use super::say;
use crate::StartError;

/// Where to go, and as whom.
#[derive(Debug, Args)]
pub struct TourArguments {
    /// The server
    #[arg(long, env = "TOUR_BASE_URL", value_name = "URL", default_value = "http://127.0.0.1:8000")]
    base_url: String,
    /// A customer's login
    #[arg(long, env = "TOUR_USERNAME", value_name = "NAME", default_value = "user1")]
    username: String,
    /// The customer's password
    #[arg(
        long,
        env = "TOUR_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD",
        default_value = "password123"
    )]
    password: String,
    /// An API key, for the partner's journey
    #[arg(long, env = "TOUR_PARTNER_KEY", hide_env_values = true, value_name = "KEY")]
    partner_key: Option<String>,
    /// A login of staff, for the journey of staff
    #[arg(long, env = "TOUR_STAFF_USERNAME", value_name = "NAME", default_value = "admin")]
    staff_username: String,
    /// The password of staff
    #[arg(long, env = "TOUR_STAFF_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    staff_password: Option<String>,
    /// Play nothing; write the steps into this folder, as a Postman collection and as Hurl files
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
}

/// Plays the journeys, or writes them down.
pub async fn tour(arguments: TourArguments, output: &mut dyn Write) -> Result<(), StartError> {
    if let Some(folder) = &arguments.export {
        return export(folder, output);
    }
    let guest = Guest {
        base_url: arguments.base_url,
        username: arguments.username,
        password: arguments.password,
        partner_key: arguments.partner_key,
        staff_username: arguments.staff_username,
        staff_password: arguments.staff_password,
    };
    play(&guest, output).await.map_err(|error| StartError::Failed(error.to_string()))
}

fn export(folder: &Path, output: &mut dyn Write) -> Result<(), StartError> {
    let failed = |path: &Path, error| StartError::Failed(format!("cannot write {}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for file in collections() {
        let path = folder.join(file.name);
        std::fs::write(&path, file.text).map_err(|error| failed(&path, error))?;
        say(output, &path.display().to_string())?;
    }
    Ok(())
}
