//! The settings that every binary takes on its command line.

use std::path::PathBuf;

use clap::Args;

use super::Overrides;

/// Flags win over the environment, which wins over the file.
#[derive(Debug, Clone, Args)]
pub struct SettingsArguments {
    /// Settings file [default: offers.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[arg(
        long,
        value_name = "ADDRESS",
        global = true,
        help = "Where the API listens [default: 127.0.0.1:8000] [env: OFFERS_LISTEN]"
    )]
    listen: Option<String>,
    #[arg(
        long,
        value_name = "ADDRESS",
        global = true,
        help = "Where metrics and probes listen [default: 127.0.0.1:9464] [env: OFFERS_METRICS_LISTEN]"
    )]
    metrics_listen: Option<String>,
    #[arg(
        long,
        value_name = "FOLDER",
        global = true,
        help = "Where the database and the signing key are kept [default: ./data] [env: OFFERS_DATA_DIR]"
    )]
    data_dir: Option<String>,
}

impl SettingsArguments {
    /// What `--listen` says, for commands without settings.
    pub fn listen(&self) -> Option<&str> {
        self.listen.as_deref()
    }
}

impl From<SettingsArguments> for Overrides {
    fn from(arguments: SettingsArguments) -> Self {
        let SettingsArguments { config, listen, metrics_listen, data_dir } = arguments;
        Self { file: config, listen, metrics_listen, data_dir, simulate_partner: false }
    }
}
