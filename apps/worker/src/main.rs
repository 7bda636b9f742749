//! The `offers-worker` binary: the worker process alone.

use std::process::ExitCode;

use clap::Parser;
use offers_bootstrap::serve::{Role, serve};
use offers_bootstrap::settings::{Settings, SettingsArguments};

/// Work on orders; the API runs elsewhere. The schema must be up to date.
#[derive(Parser)]
#[command(name = "offers-worker", version, about)]
struct Arguments {
    /// Run the scheduled housekeeping as well
    #[arg(long)]
    scheduler: bool,
    #[command(flatten)]
    settings: SettingsArguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    let serving = async {
        let arguments = Arguments::parse();
        let settings = Settings::load(&arguments.settings.into())?;
        serve(&settings, Role::Worker { scheduler: arguments.scheduler }, &mut std::io::stdout()).await
    };
    offers_bootstrap::exit(serving.await)
}
