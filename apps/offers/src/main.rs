//! The `offers` binary: everything in one process, and the commands of the operator.

mod arguments;
mod shell;

use std::io::{stdin, stdout};
use std::process::ExitCode;

use clap::Parser;
use offers_bootstrap::serve::{Role, serve};
use offers_bootstrap::settings::{Overrides, Settings};
use offers_bootstrap::{StartError, commands};

use crate::arguments::{Arguments, Command, ImportFrom};

#[tokio::main]
async fn main() -> ExitCode {
    offers_bootstrap::exit(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<(), StartError> {
    let mut output = stdout();
    let flags = arguments.settings;
    let settings = || Settings::load(&flags.clone().into());
    match arguments.command.unwrap_or(Command::Serve { simulate_partner: false }) {
        Command::Serve { simulate_partner } => {
            let overrides = Overrides { simulate_partner, ..flags.into() };
            serve(&Settings::load(&overrides)?, Role::Embedded, &mut output).await
        }
        Command::Migrate => commands::migrate(&settings()?, &mut output).await,
        Command::Seed { users, offers } => commands::seed(&settings()?, users, offers, &mut output).await,
        Command::CreateSuperuser { username, email, password_stdin } => {
            let who = commands::NewSuperuser { username, email, password_stdin };
            commands::create_superuser(&settings()?, who, &mut stdin().lock(), &mut output).await
        }
        Command::Partner { command } => commands::partner(&settings()?, command, &mut output).await,
        Command::Webhooks { command } => commands::webhooks(settings, command, &mut output).await,
        Command::Import { from: ImportFrom::Django { from, category, apply } } => {
            let import = commands::DjangoImport { from, category, apply };
            commands::import_django(&settings()?, import, &mut output).await
        }
        Command::Activation(command) => commands::activation(&settings()?, command, &mut output).await,
        Command::Incidents(command) => commands::incidents(&settings()?, command, &mut output).await,
        Command::Users { command } => {
            commands::users(&settings()?, command, &mut stdin().lock(), &mut output).await
        }
        Command::Offers { command } => commands::offers(&settings()?, command, &mut output).await,
        Command::Transactions { command } => commands::transactions(&settings()?, command, &mut output).await,
        Command::Audit(arguments) => commands::audit(&settings()?, arguments, &mut output).await,
        Command::Tour(arguments) => commands::tour(arguments, &mut output).await,
        Command::Backup { to } => commands::backup(&settings()?, &to, &mut output),
        Command::Verify => commands::verify(&settings()?, &mut output).await,
        Command::Doctor { json } => commands::doctor(&flags.into(), json, &mut output).await,
        Command::Config { command } => commands::config(&flags.into(), command, &mut output),
        Command::Healthcheck { worker } => commands::healthcheck(&settings()?, worker, &mut output).await,
        Command::Completions { shell } => shell::completions(shell, &mut output),
        Command::Man { dir } => shell::manual(dir.as_deref(), &mut output),
        Command::Explain { page: true, .. } => commands::errors_page(&mut output),
        Command::Explain { code, .. } => commands::explain(code.as_deref(), &mut output),
        Command::Openapi => commands::openapi(&mut output),
        Command::SimulatePartner => commands::simulate_partner(flags.listen(), &mut output).await,
    }
}
