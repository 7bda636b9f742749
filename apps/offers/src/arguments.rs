//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;
use offers_bootstrap::commands::{
    ActivationCommand, AuditArguments, ConfigCommand, IncidentsCommand, OffersCommand, PartnerCommand,
    TourArguments, TransactionsCommand, UsersCommand, WebhooksCommand,
};
use offers_bootstrap::settings::SettingsArguments;

/// Sell subscription bundles from a prepaid wallet: API, worker, scheduler and a simulated activation partner in one
/// process.
#[derive(Parser)]
#[command(name = "offers", version, about)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve everything in one process (the default)
    Serve {
        /// Simulate the activation partner although the store is PostgreSQL; for trying out only
        #[arg(long)]
        simulate_partner: bool,
    },
    /// Bring the schema of the database up to date; the embedded store is created if need be
    Migrate,
    /// Add demonstration customers (`user1` …, password `password123`) and offers; what is there is kept
    Seed {
        /// How many customers there shall be
        #[arg(long, default_value_t = 5)]
        users: usize,
        /// How many offers there shall be on sale
        #[arg(long, default_value_t = 12)]
        offers: usize,
    },
    /// Add a superuser; the password is asked for, or read from standard input where that is no terminal
    CreateSuperuser {
        /// The login
        #[arg(long)]
        username: String,
        /// The e-mail address
        #[arg(long)]
        email: String,
        /// Read the password from standard input, even from a terminal
        #[arg(long)]
        password_stdin: bool,
    },
    /// Look after the companies that sell through the partner API
    Partner {
        #[command(subcommand)]
        command: PartnerCommand,
    },
    /// Look after webhooks, see what was sent to them, and try a receiver out
    Webhooks {
        #[command(subcommand)]
        command: WebhooksCommand,
    },
    /// Take over people, offers, wallets and orders from an earlier system
    Import {
        #[command(subcommand)]
        from: ImportFrom,
    },
    /// Look after people: locks, roles, passwords and wallets
    Users {
        #[command(subcommand)]
        command: UsersCommand,
    },
    /// Look after the catalogue
    Offers {
        #[command(subcommand)]
        command: OffersCommand,
    },
    /// Look after orders, and decide about those that wait for a person
    Transactions {
        #[command(subcommand)]
        command: TransactionsCommand,
    },
    /// Show who did what to what, when and why
    Audit(AuditArguments),
    /// Copy the embedded store while the server runs
    Backup {
        /// The new file
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
    /// Prove that the money adds up: check every balance, order and subscription
    Verify,
    /// See which activation partners are called, and pause or resume one
    #[command(subcommand)]
    Activation(ActivationCommand),
    /// See what activation partners said after an order had ended otherwise, and close what is dealt with
    #[command(subcommand)]
    Incidents(IncidentsCommand),
    /// Look at everything that the program needs, and say what to do about what is wrong
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the settings, look for mistakes in them, or list what can be set
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Ask the server on this machine whether it is ready; for the health checks of containers
    Healthcheck {
        /// Ask the listener of metrics and probes, which `offers-worker` has, too
        #[arg(long)]
        worker: bool,
    },
    /// Print the script that completes this command line in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// Write a page for each command into this folder instead
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
    /// Explain a code of an error, or list them all
    Explain {
        /// The code, as answers of the API and failed commands name it
        code: Option<String>,
        /// Print all of them as the page docs/errors.md
        #[arg(long, conflicts_with = "code", hide = true)]
        page: bool,
    },
    /// Play the whole journey against a running server, and show each call, its answer and why it is so
    Tour(TourArguments),
    /// Print the contract of the API (OpenAPI 3.1) as JSON
    Openapi,
    /// Run the programmable activation partner by itself, on --listen [default: 127.0.0.1:8090]
    SimulatePartner,
}

#[derive(Subcommand)]
pub(crate) enum ImportFrom {
    /// The original Django application; says what would be taken, and takes it with --apply
    Django {
        /// Its PostgreSQL database, which is only read: postgres://…
        #[arg(long, env = "DJANGO_DATABASE_URL", hide_env_values = true, value_name = "URL")]
        from: String,
        /// The category of its offers, which have none: internet, tv, voice or music
        #[arg(long, default_value = "internet")]
        category: String,
        /// Write what can be taken
        #[arg(long)]
        apply: bool,
    },
}
