//! `offers config`: what is set and where it comes from, whether it can work, and the page of all settings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use clap::Subcommand;
use serde::Serialize;

use super::say;
use crate::activation::{callbacks, gateways};
use crate::settings::{
    ActivationPartnerSection, Origin, Overrides, Setting, Settings, Survey, catalogue, values,
};
use crate::{StartError, notices, telemetry, webhooks};

/// What is asked about the settings.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Show every setting, its value and where it comes from; secrets are not shown
    Show {
        /// Print JSON, one document in each line
        #[arg(long)]
        json: bool,
    },
    /// Look for mistakes: unknown keys, values of the wrong kind, combinations that cannot work
    Check,
    /// Print what can be set, with defaults and meanings, as the page docs/settings.md
    Reference,
}

/// Answers.
pub fn config(
    overrides: &Overrides,
    command: ConfigCommand,
    output: &mut dyn Write,
) -> Result<(), StartError> {
    match command {
        ConfigCommand::Show { json } => show(&Settings::survey(overrides)?, json, output),
        ConfigCommand::Check => check(Settings::survey(overrides)?, output),
        ConfigCommand::Reference => say(output, reference().trim_end()),
    }
}

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    value: Option<&'a str>,
    origin: &'a str,
}

fn show(survey: &Survey, json: bool, output: &mut dyn Write) -> Result<(), StartError> {
    for (key, value) in values(&survey.settings) {
        let origin = survey.origins.get(&key).map_or_else(|| "default".to_owned(), Origin::to_string);
        if json {
            let line = Line { key: &key, value: value.as_deref(), origin: &origin };
            let line = serde_json::to_string(&line).map_err(|error| StartError::Failed(error.to_string()))?;
            say(output, &line)?;
        } else {
            let value = value.as_deref().filter(|value| !value.is_empty()).unwrap_or("-");
            say(output, &format!("{key:<34} {value:<34} {origin}"))?;
        }
    }
    outcome(survey.mistakes.len())
}

/// Names every mistake, and for settings that contradict each other where each of them comes from.
fn check(survey: Survey, output: &mut dyn Write) -> Result<(), StartError> {
    let Survey { settings, origins, mut mistakes } = survey;
    if mistakes.is_empty() {
        mistakes = unusable(&settings);
    }
    for mistake in &mistakes {
        say(output, &format!("{mistake}{}", places(mistake, &origins)))?;
    }
    outcome(mistakes.len())?;
    say(output, &format!("the settings are good; {} of them are not the defaults", origins.len()))
}

fn outcome(mistakes: usize) -> Result<(), StartError> {
    match mistakes {
        0 => Ok(()),
        1 => Err(StartError::Setting("there is 1 mistake in the settings".into())),
        more => Err(StartError::Setting(format!("there are {more} mistakes in the settings"))),
    }
}

/// What each part would refuse at the start. Nobody is called and nothing is written.
fn unusable(settings: &Settings) -> Vec<String> {
    // The address of a partner that is simulated is not known before it runs.
    let partner = settings.activation_partner_url.as_deref().unwrap_or("http://127.0.0.1:9");
    let parts = [
        telemetry::filter(&settings.log).map(drop),
        gateways(partner, settings).map(drop),
        callbacks(settings).map(drop),
        notices::channels(settings).map(drop),
        notices::servers(settings).map(drop),
        webhooks::http_sender(settings).map(drop),
    ];
    parts.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect()
}

/// Where the settings come from that the sentence names.
fn places(mistake: &str, origins: &BTreeMap<String, Origin>) -> String {
    let named = origins
        .iter()
        .filter(|(key, origin)| mistake.contains(key.as_str()) && !mistake.contains(&origin.to_string()));
    let named: Vec<_> = named.map(|(key, origin)| format!("{key} is set by {origin}")).collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

/// Before the tables of the page.
const INTRODUCTION: &str = "\
# Settings

<!-- Printed by `offers config reference`; see `make pages`. -->

A setting comes from the settings file (`offers.toml` in the working folder, or the one that `--config` names), from the
environment, or from a flag (`--listen`, `--metrics-listen`, `--data-dir`, `serve --simulate-partner`). The environment wins
over the file, and flags win over both. What nobody sets has its default. What is unknown, of the wrong kind or
contradicts something else is refused, with its place.

In the file, `retry.base_ms` is `base_ms` in the section `[retry]`. In the environment any variable may end in `_FILE` and
name a file that holds the value, as secret stores mount them; both at once are refused. `DB_NAME`, `DB_USER`,
`DB_PASSWORD`, `DB_HOST`, `DB_PORT`, `REDIS_HOST` and `REDIS_PORT` are understood instead of the whole addresses.

`offers config show` prints what is set here and where it comes from, and `offers config check` finds mistakes.";

fn reference() -> String {
    let defaults = Settings {
        activation_partners: [("<name>".to_owned(), ActivationPartnerSection::default())].into(),
        ..Settings::default()
    };
    let defaults: BTreeMap<_, _> = values(&defaults).into_iter().collect();
    let mut page = format!("{INTRODUCTION}\n");
    for chapter in catalogue() {
        let title = match chapter.section {
            Some("activation_partners") => "`[activation_partners.<name>]`".to_owned(),
            Some(section) => format!("`[{section}]`"),
            None => "Before all sections".to_owned(),
        };
        let _ = write!(page, "\n## {title}\n\n{}\n\n", chapter.subject);
        page.push_str("| Key | Environment | Default | Meaning |\n|---|---|---|---|\n");
        for setting in &chapter.settings {
            let default =
                defaults.get(&setting.key).and_then(Option::as_deref).filter(|text| !text.is_empty());
            let default = default.map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
            let Setting { key, meaning } = setting;
            let row = format!("| `{key}` | `{}` | {default} | {meaning} |\n", setting.variable());
            page.push_str(&row);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_says_where_the_settings_come_from_that_it_names() {
        let origins = BTreeMap::from([
            ("worker.lease_ms".to_owned(), Origin::Environment("OFFERS_WORKER_LEASE_MS".into())),
            ("currency".to_owned(), Origin::File("offers.toml".into())),
        ]);
        assert_eq!(
            places("worker.lease_ms must be longer", &origins),
            " (worker.lease_ms is set by OFFERS_WORKER_LEASE_MS)"
        );
        assert_eq!(places("currency (offers.toml): no", &origins), "");
    }

    #[test]
    fn what_a_part_would_refuse_at_the_start_is_a_mistake_before_it() {
        type Change = fn(&mut Settings);
        let refused: [(&str, Change); 5] = [
            ("webhooks.allow_networks", |s| s.webhooks.allow_networks = "10.0.0.0".into()),
            ("log.level", |s| s.log.level = "offers=loud".into()),
            ("activation_partner_url", |s| s.activation_partner_url = Some("partner.example".into())),
            ("partner.callback_secrets", |s| s.partner.callback_secrets = Some("none".into())),
            ("notices.from", |s| s.notices.email_url = Some("smtp://mail.example".into())),
        ];
        assert_eq!(unusable(&Settings::default()), [""; 0]);
        for (word, change) in refused {
            let mut settings = Settings::default();
            change(&mut settings);
            let mistakes = unusable(&settings);
            assert!(mistakes.len() == 1 && mistakes[0].contains(word), "{word}: {mistakes:?}");
        }
    }
}
