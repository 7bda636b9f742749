//! Where settings come from.

use std::collections::HashMap;
use std::path::PathBuf;

use config::{Config, ConfigError, Environment, File, FileFormat};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ActivationPartnerSection, Settings};
use crate::StartError;

/// What the command line sets; it wins over everything else.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// A settings file; `offers.toml` in the working folder where none is named, if it exists.
    pub file: Option<PathBuf>,
    /// See [`Settings::listen`].
    pub listen: Option<String>,
    /// See [`Settings::metrics_listen`].
    pub metrics_listen: Option<String>,
    /// See [`Settings::data_dir`].
    pub data_dir: Option<String>,
    /// Whether the activation partner is simulated wherever none is named.
    pub simulate_partner: bool,
}

/// Every key that can be set, as written in the settings file.
const KEYS: [&str; 67] = [
    "listen",
    "metrics_listen",
    "data_dir",
    "database_url",
    "redis_url",
    "secret_key",
    "activation_partner_url",
    "currency",
    "http.workers",
    "http.trusted_proxies",
    "identity.registration",
    "limits.enabled",
    "limits.logins_per_address",
    "limits.logins_per_process",
    "limits.registrations_per_address",
    "limits.callbacks_per_address",
    "limits.public_per_address",
    "limits.reads_per_user",
    "limits.writes_per_user",
    "limits.orders_per_user",
    "limits.requests_per_partner",
    "http.drain_ms",
    "log.level",
    "log.format",
    "orders.queue",
    "orders.max_batch",
    "worker.concurrency",
    "worker.poll_ms",
    "worker.lease_ms",
    "subscriptions.look_ms",
    "subscriptions.retry_after_s",
    "subscriptions.warn_days",
    "worker.drain_ms",
    "retry.base_ms",
    "retry.cap_ms",
    "retry.horizon_ms",
    "retry.query_unit_ms",
    "retry.reconcile_base_ms",
    "retry.reconcile_cap_ms",
    "retry.give_up_ms",
    "orders.lanes",
    "postgres.pool_size",
    "postgres.reader_pool_size",
    "postgres.allow_unsafe_durability",
    "partner.connect_timeout_ms",
    "partner.call_timeout_ms",
    "partner.max_concurrency",
    "notices.email_url",
    "notices.sms_url",
    "notices.from",
    "notices.reply_to",
    "notices.smtp_ca_file",
    "notices.sms_token",
    "notices.sms_header",
    "notices.sms_body",
    "notices.templates_dir",
    "notices.outbox_files",
    "notices.concurrency",
    "notices.poll_ms",
    "notices.lease_ms",
    "notices.retry_base_ms",
    "notices.retry_cap_ms",
    "notices.give_up_ms",
    "partner.callback_secrets",
    "partner.simulate",
    "partner_api.test_keys",
    "redis.prefix",
];

/// Keys that go by a well-known name in the environment, without our prefix.
const WELL_KNOWN: [(&str, &str); 5] = [
    ("DATABASE_URL", "database_url"),
    ("REDIS_URL", "redis_url"),
    ("REDIS_PREFIX", "redis.prefix"),
    ("SECRET_KEY", "secret_key"),
    ("ACTIVATION_PARTNER_URL", "activation_partner_url"),
];

/// The names that deployments of the original product use: the servers' addresses in parts.
const PARTS: [&str; 7] =
    ["DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "REDIS_HOST", "REDIS_PORT"];

/// `OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_URL` is `activation_partners.tv-house.url`.
fn activation_partner_key(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix("OFFERS_ACTIVATION_PARTNERS_")?;
    ActivationPartnerSection::FIELDS.iter().find_map(|field| {
        let name = rest.strip_suffix(&field.to_uppercase())?.strip_suffix('_')?;
        Some(format!("activation_partners.{}.{field}", name.to_lowercase().replace('_', "-")))
    })
}

/// The key that a variable sets.
fn key_of(variable: &str) -> Option<String> {
    let written = |key: &&&str| self::variable(key) == variable;
    let well_known = WELL_KNOWN.iter().find(|(name, _)| *name == variable).map(|(_, key)| key);
    let key = well_known.or_else(|| KEYS.iter().find(written)).map(|key| (*key).to_owned());
    key.or_else(|| activation_partner_key(variable))
}

/// `retry.base_ms` is `OFFERS_RETRY_BASE_MS`.
fn variable(key: &str) -> String {
    format!("OFFERS_{}", key.to_uppercase().replace('.', "_"))
}

/// Reads the file, then the environment, then the flags.
pub(super) fn read(
    overrides: &Overrides,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Settings, StartError> {
    let file = match &overrides.file {
        Some(path) => File::from(path.as_path()).format(FileFormat::Toml).required(true),
        None => File::new("offers.toml", FileFormat::Toml).required(false),
    };
    let environment = Environment::default().source(Some(from_environment(environment)?));
    let layers = || -> Result<Settings, ConfigError> {
        Config::builder()
            .add_source(file)
            .add_source(environment)
            .set_override_option("listen", overrides.listen.clone())?
            .set_override_option("metrics_listen", overrides.metrics_listen.clone())?
            .set_override_option("data_dir", overrides.data_dir.clone())?
            .set_override_option("partner.simulate", overrides.simulate_partner.then_some(true))?
            .build()?
            .try_deserialize()
    };
    layers().map_err(|error| StartError::Setting(sentence(&error)))
}

/// Our variables by key. A variable with our prefix that is no setting is a mistake, and said so; `NAME_FILE` names a file
/// that holds the value, as secret stores mount them.
fn from_environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<HashMap<String, String>, StartError> {
    let mut values = HashMap::new();
    for (name, value) in variables {
        if let Some(key) = key_of(&name) {
            values.insert(key, value);
        } else if let Some(key) = name.strip_suffix("_FILE").and_then(key_of) {
            let text = std::fs::read_to_string(&value)
                .map_err(|error| StartError::Setting(format!("{name}: cannot read {value}: {error}")))?;
            values.insert(key, text.trim_end().to_owned());
        } else if PARTS.contains(&name.as_str()) {
            values.insert(name, value);
        } else if name.starts_with("OFFERS_") {
            return Err(StartError::Setting(format!("{name} is not a setting of this program")));
        }
    }
    Ok(assemble(values))
}

/// Makes the addresses of the servers from their parts, where no whole address is given.
fn assemble(mut values: HashMap<String, String>) -> HashMap<String, String> {
    let mut parts: HashMap<&str, String> =
        PARTS.iter().filter_map(|name| Some((*name, values.remove(*name)?))).collect();
    let mut take = |name: &str, default: &str| parts.remove(name).unwrap_or_else(|| default.to_owned());
    let database = take("DB_NAME", "");
    if !database.is_empty() {
        let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        let (user, password) = (encoded(take("DB_USER", "postgres")), encoded(take("DB_PASSWORD", "")));
        let (host, port) = (take("DB_HOST", "localhost"), take("DB_PORT", "5432"));
        let url = format!("postgres://{user}:{password}@{host}:{port}/{}", encoded(database));
        values.entry("database_url".into()).or_insert(url);
    }
    let host = take("REDIS_HOST", "");
    if !host.is_empty() {
        let url = format!("redis://{host}:{}", take("REDIS_PORT", "6379"));
        values.entry("redis_url".into()).or_insert(url);
    }
    values
}

fn sentence(error: &ConfigError) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    format!("the settings are wrong: {line}")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read_from(variables: &[(&str, &str)]) -> Result<Settings, StartError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&Overrides::default(), variables)
    }

    #[test]
    fn the_environment_sets_and_the_flags_win() {
        let variables = [("OFFERS_LISTEN", "127.0.0.1:1"), ("OFFERS_RETRY_BASE_MS", "7")];
        let settings = read_from(&variables).unwrap();
        assert_eq!((settings.listen.port(), settings.retry.base_ms), (1, 7));

        let overrides = Overrides { listen: Some("127.0.0.1:2".into()), ..Overrides::default() };
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read(&overrides, variables.into_iter()).unwrap().listen.port(), 2);
    }

    #[test]
    fn activation_partners_are_set_by_name() {
        let settings = read_from(&[
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_URL", "https://tv.example"),
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_OFFERS", "3,7"),
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_CATEGORIES", "tv"),
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_MAX_CONCURRENCY", "8"),
        ]);
        let settings = settings.unwrap();
        let section = &settings.activation_partners["tv-house"];
        assert_eq!((section.url.as_str(), section.offers.0.as_slice()), ("https://tv.example", &[3, 7][..]));
        assert_eq!((section.categories.as_str(), section.max_concurrency), ("tv", Some(8)));
        assert!(read_from(&[("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_PRICE", "3")]).is_err());
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused() {
        for (name, value) in
            [("OFFERS_LISTEN", "nowhere"), ("OFFERS_RETRY_BASE_MS", "-1"), ("OFFERS_LOG_FORMAT", "xml")]
        {
            assert!(read_from(&[(name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn a_variable_that_is_no_setting_is_refused() {
        let error = read_from(&[("OFFERS_LISTN", "127.0.0.1:1")]).unwrap_err();
        assert_eq!(error.to_string(), "OFFERS_LISTN is not a setting of this program");
    }

    #[test]
    fn the_servers_may_be_named_in_parts() {
        let settings = read_from(&[
            ("DB_NAME", "offers"),
            ("DB_USER", "app"),
            ("DB_PASSWORD", "p@ss/word"),
            ("DB_HOST", "db"),
            ("DB_PORT", "6432"),
            ("REDIS_HOST", "cache"),
        ])
        .unwrap();
        let exposed = |secret: Option<secrecy::SecretString>| secret.unwrap().expose_secret().to_owned();
        assert_eq!(exposed(settings.database_url), "postgres://app:p%40ss%2Fword@db:6432/offers");
        assert_eq!(exposed(settings.redis_url), "redis://cache:6379");

        assert_eq!(read_from(&[("REDIS_PREFIX", "shop-1:")]).unwrap().redis.prefix, "shop-1:");
        let whole = [("DB_NAME", "offers"), ("DATABASE_URL", "sqlite:elsewhere.db")];
        assert_eq!(exposed(read_from(&whole).unwrap().database_url), "sqlite:elsewhere.db");
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_kept_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "00000000000000000000000000000001\n").unwrap();
        let settings = read_from(&[("SECRET_KEY_FILE", file.to_str().unwrap())]).unwrap();
        let key = settings.secret_key.unwrap();
        assert_eq!(key.expose_secret(), "00000000000000000000000000000001");
    }
}
