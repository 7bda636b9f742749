//! The `offers-api` binary: the HTTP process alone.

use std::process::ExitCode;

use clap::Parser;
use offers_bootstrap::serve::{Role, serve};
use offers_bootstrap::settings::{Settings, SettingsArguments};

/// Serve the HTTP API; workers run elsewhere. The schema must be up to date.
#[derive(Parser)]
#[command(name = "offers-api", version, about)]
struct Arguments {
    #[command(flatten)]
    settings: SettingsArguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    let serving = async {
        let settings = Settings::load(&Arguments::parse().settings.into())?;
        serve(&settings, Role::Api, &mut std::io::stdout()).await
    };
    offers_bootstrap::exit(serving.await)
}
