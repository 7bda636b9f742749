//! Where settings come from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, File, FileFormat, Map, Source, Value, ValueKind};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Settings;
use super::catalogue::{Setting, is_known, key_of, settings};
use crate::StartError;
use crate::suggestion::most_like;

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

/// The names that deployments of the original product use: the servers' addresses in parts.
const PARTS: [&str; 7] =
    ["DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "REDIS_HOST", "REDIS_PORT"];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The settings file.
    File(PathBuf),
    /// This variable.
    Environment(String),
    /// This flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// What is set, by key.
type Sources = BTreeMap<String, (Value, Origin)>;

/// What the sources say.
pub(crate) struct Survey {
    /// The settings; what was not understood is as if it were not set.
    pub(crate) settings: Settings,
    /// Where each value comes from that is no default.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// What is wrong, in one sentence each that says where.
    pub(crate) mistakes: Vec<String>,
}

/// Reads the file, then the environment, then the flags: each wins over those before.
pub(super) fn read(
    overrides: &Overrides,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Survey, StartError> {
    let mut mistakes = Vec::new();
    let mut sources = from_file(overrides, &mut mistakes)?;
    sources.extend(from_environment(environment, &mut mistakes)?);
    sources.extend(from_flags(overrides));
    let settings = understood(&mut sources, &mut mistakes)?;
    let origins = sources.into_iter().map(|(key, (_, origin))| (key, origin)).collect();
    Ok(Survey { settings, origins, mistakes })
}

fn from_file(overrides: &Overrides, mistakes: &mut Vec<String>) -> Result<Sources, StartError> {
    let path = overrides.file.as_deref().unwrap_or(Path::new("offers.toml"));
    let file = File::from(path).format(FileFormat::Toml).required(overrides.file.is_some());
    let unreadable =
        |error: ConfigError| StartError::Setting(format!("{}: {}", path.display(), syntax(&error)));
    let table = Config::builder().add_source(file).build().and_then(|config| config.collect());
    let mut found = Vec::new();
    flatten("", table.map_err(unreadable)?, &mut found);
    let mut sources = Sources::new();
    for (key, value) in found {
        if is_known(&key) {
            sources.insert(key, (value, Origin::File(path.to_owned())));
        } else {
            mistakes.push(format!("{}: {key} is not a setting{}", path.display(), suggested(&key)));
        }
    }
    Ok(sources)
}

/// What is wrong with a file. What stands between the place and the reason quotes the file, which may hold secrets.
fn syntax(error: &ConfigError) -> String {
    let text = match error {
        ConfigError::FileParse { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let place = lines.next().unwrap_or_default();
    lines.next_back().map_or_else(|| place.to_owned(), |reason| format!("{place}: {reason}"))
}

fn flatten(section: &str, table: Map<String, Value>, into: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = if section.is_empty() { name } else { format!("{section}.{name}") };
        match value.kind {
            ValueKind::Table(table) => flatten(&key, table, into),
            _ => into.push((key, value)),
        }
    }
}

/// A variable without what all of ours begin with.
fn named(variable: &str) -> &str {
    variable.trim_start_matches("OFFERS_")
}

fn suggested(key: &str) -> String {
    let known = most_like(key, settings().map(|setting| setting.key.as_str()));
    known.map(|known| format!("; did you mean {known}?")).unwrap_or_default()
}

fn from_flags(overrides: &Overrides) -> Sources {
    let text = |value: &Option<String>| value.as_deref().map(Value::from);
    let flags = [
        ("listen", "--listen", text(&overrides.listen)),
        ("metrics_listen", "--metrics-listen", text(&overrides.metrics_listen)),
        ("data_dir", "--data-dir", text(&overrides.data_dir)),
        ("partner.simulate", "--simulate-partner", overrides.simulate_partner.then(|| Value::from(true))),
    ];
    let set =
        |(key, flag, value): (&str, _, Option<Value>)| Some((key.to_owned(), (value?, Origin::Flag(flag))));
    flags.into_iter().filter_map(set).collect()
}

/// The settings; values of the wrong kind are taken out of the sources.
fn understood(sources: &mut Sources, mistakes: &mut Vec<String>) -> Result<Settings, StartError> {
    loop {
        let mut builder = Config::builder();
        for (key, (value, _)) in sources.iter() {
            builder = builder.set_override(key, value.clone()).map_err(|error| wrong(&error))?;
        }
        let error = match builder.build().and_then(Config::try_deserialize) {
            Ok(settings) => return Ok(settings),
            Err(error) => error,
        };
        let key = key_in(&error).map(ToOwned::to_owned);
        let Some((key, (_, origin))) = key.and_then(|key| sources.remove_entry(&key)) else {
            return Err(wrong(&error));
        };
        mistakes.push(format!("{key} ({origin}): {}", sentence(&error)));
    }
}

fn key_in(error: &ConfigError) -> Option<&str> {
    match error {
        ConfigError::Type { key, .. } | ConfigError::At { key, .. } => key.as_deref(),
        _ => None,
    }
}

/// What is wrong with a value, without its key, which the caller knows.
fn sentence(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { unexpected, expected, .. } => {
            format!("this is {unexpected}, and must be {expected}")
        }
        ConfigError::At { error, .. } => sentence(error),
        other => other.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

fn wrong(error: &ConfigError) -> StartError {
    StartError::Setting(format!("the settings are wrong: {}", sentence(error)))
}

/// Our variables by key. A variable with our prefix that is no setting is a mistake, and said so; `NAME_FILE` names a file
/// that holds the value, as secret stores mount them.
fn from_environment(
    variables: impl Iterator<Item = (String, String)>,
    mistakes: &mut Vec<String>,
) -> Result<Sources, StartError> {
    let mut sources = Sources::new();
    let mut parts = BTreeMap::new();
    for (name, value) in variables {
        let (plain, value) = match name.strip_suffix("_FILE") {
            Some(plain) if key_of(plain).is_some() || part_of(plain).is_some() => {
                (plain, content(&name, &value)?)
            }
            _ => (name.as_str(), value),
        };
        if let Some(key) = key_of(plain) {
            let before = sources.insert(key, (value.into(), Origin::Environment(name.clone())));
            // The environment has no order in which one could win.
            mistakes.extend(
                before.map(|(_, before)| format!("{before} and {name} say the same: set one of them")),
            );
        } else if let Some(part) = part_of(plain) {
            let before = parts.insert(part, value);
            mistakes.extend(before.map(|_| format!("{part} and {part}_FILE say the same: set one of them")));
        } else if name.starts_with("OFFERS_") {
            mistakes.push(format!("{name} is not a setting of this program{}", explained(&name, &value)));
        }
    }
    for (key, url, part) in assembled(parts) {
        sources.entry(key.to_owned()).or_insert((url.into(), Origin::Environment(part.to_owned())));
    }
    Ok(sources)
}

fn part_of(variable: &str) -> Option<&'static str> {
    PARTS.into_iter().find(|part| *part == variable)
}

/// What the file says that this variable names.
fn content(variable: &str, path: &str) -> Result<String, StartError> {
    std::fs::read_to_string(path)
        .map(|text| text.trim_end().to_owned())
        .map_err(|error| StartError::Setting(format!("{variable}: cannot read {path}: {error}")))
}

/// Where a variable that is no setting may come from.
fn explained(name: &str, value: &str) -> String {
    if is_service_link(name, value) {
        let cause =
            "Kubernetes adds such variables for each Service: set enableServiceLinks: false for the pod";
        return format!("; {cause}");
    }
    let known: Vec<_> = settings().map(Setting::variable).collect();
    let suggestion = most_like(name, known.iter().map(String::as_str))
        .filter(|known| most_like(named(name), [named(known)]).is_some());
    suggestion.map(|known| format!("; did you mean {known}?")).unwrap_or_default()
}

/// Whether Kubernetes tells a pod of a Service by this variable: `X_SERVICE_HOST`, `X_SERVICE_PORT_HTTP`, `X_PORT` with an
/// address in it, `X_PORT_80_TCP_ADDR` and their like.
fn is_service_link(name: &str, value: &str) -> bool {
    let published = name.rsplit_once("_PORT_").and_then(|(_, rest)| rest.split('_').next());
    let numbered = published.is_some_and(|port| port.parse::<u16>().is_ok());
    let service = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    service || numbered || name.ends_with("_PORT") && value.contains("://")
}

/// The addresses of the servers from their parts: the key, the address, and the part that says that there is a server.
fn assembled(mut parts: BTreeMap<&str, String>) -> Vec<(&'static str, String, &'static str)> {
    let mut take = |name: &str, default: &str| parts.remove(name).unwrap_or_else(|| default.to_owned());
    let mut addresses = Vec::new();
    let database = take("DB_NAME", "");
    if !database.is_empty() {
        let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        let (user, password) = (encoded(take("DB_USER", "postgres")), encoded(take("DB_PASSWORD", "")));
        let (host, port) = (take("DB_HOST", "localhost"), take("DB_PORT", "5432"));
        let url = format!("postgres://{user}:{password}@{host}:{port}/{}", encoded(database));
        addresses.push(("database_url", url, "DB_NAME"));
    }
    let host = take("REDIS_HOST", "");
    if !host.is_empty() {
        let url = format!("redis://{host}:{}", take("REDIS_PORT", "6379"));
        addresses.push(("redis_url", url, "REDIS_HOST"));
    }
    addresses
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn survey(variables: &[(&str, &str)]) -> Survey {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&Overrides::default(), variables).unwrap()
    }

    fn read_from(variables: &[(&str, &str)]) -> Settings {
        let Survey { settings, mistakes, .. } = survey(variables);
        assert_eq!(mistakes, [""; 0]);
        settings
    }

    #[track_caller]
    fn assert_mistake(variables: &[(&str, &str)], sentence: &str) {
        assert_eq!(survey(variables).mistakes, [sentence]);
    }

    #[test]
    fn the_environment_sets_and_the_flags_win() {
        let variables = [("OFFERS_LISTEN", "127.0.0.1:1"), ("OFFERS_RETRY_BASE_MS", "7")];
        let settings = read_from(&variables);
        assert_eq!((settings.listen.port(), settings.retry.base_ms), (1, 7));

        let overrides = Overrides { listen: Some("127.0.0.1:2".into()), ..Overrides::default() };
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let Survey { settings, origins, .. } = read(&overrides, variables.into_iter()).unwrap();
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(origins["listen"], Origin::Flag("--listen"));
        assert_eq!(origins["retry.base_ms"], Origin::Environment("OFFERS_RETRY_BASE_MS".into()));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_what_the_file_may_not_say_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.toml");
        let text = "currency = 'XOF'\n[http]\nworkers = 3\nwrkers = 4\n[retry]\nbase_ms = 'soon'\n";
        std::fs::write(&file, text).unwrap();
        let overrides = Overrides { file: Some(file.clone()), ..Overrides::default() };
        let variables = [("OFFERS_CURRENCY".to_owned(), "EUR".to_owned())];
        let Survey { settings, origins, mistakes } = read(&overrides, variables.into_iter()).unwrap();
        assert_eq!((settings.currency.as_str(), settings.http.workers), ("EUR", 3));
        assert_eq!(origins["http.workers"], Origin::File(file.clone()));
        let place = file.display();
        assert_eq!(
            mistakes,
            [
                format!("{place}: http.wrkers is not a setting; did you mean http.workers?"),
                format!("retry.base_ms ({place}): this is string \"soon\", and must be an integer"),
            ]
        );
    }

    #[test]
    fn activation_partners_are_set_by_name() {
        let settings = read_from(&[
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_URL", "https://tv.example"),
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_OFFERS", "3,7"),
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_CATEGORIES", "tv"),
            ("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_MAX_CONCURRENCY", "8"),
        ]);
        let section = &settings.activation_partners["tv-house"];
        assert_eq!((section.url.as_str(), section.offers.0.as_slice()), ("https://tv.example", &[3, 7][..]));
        assert_eq!((section.categories.as_str(), section.max_concurrency), ("tv", Some(8)));
        assert_eq!(survey(&[("OFFERS_ACTIVATION_PARTNERS_TV_HOUSE_PRICE", "3")]).mistakes.len(), 1);
    }

    #[test]
    fn values_of_the_wrong_kind_are_named_with_their_variable_all_at_once() {
        let variables =
            [("OFFERS_LISTEN", "nowhere"), ("OFFERS_RETRY_BASE_MS", "-1"), ("OFFERS_LOG_FORMAT", "xml")];
        let mistakes = survey(&variables).mistakes;
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        for (name, _) in variables {
            assert!(mistakes.iter().any(|mistake| mistake.contains(name)), "{name}: {mistakes:?}");
        }
    }

    #[test]
    fn a_variable_that_is_no_setting_is_refused() {
        assert_mistake(
            &[("OFFERS_LISTN", "127.0.0.1:1")],
            "OFFERS_LISTN is not a setting of this program; did you mean OFFERS_LISTEN?",
        );
        assert_mistake(&[("OFFERS_X", "1")], "OFFERS_X is not a setting of this program");
    }

    #[test]
    fn a_variable_that_kubernetes_adds_for_a_service_is_refused_with_the_way_out() {
        let links =
            ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_ADDR"];
        for link in links {
            let name = format!("OFFERS_API_{link}");
            let mistakes = survey(&[(&name, "tcp://10.0.0.1:80")]).mistakes;
            assert!(mistakes[0].contains("enableServiceLinks: false"), "{mistakes:?}");
        }
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
        ]);
        let exposed = |secret: Option<secrecy::SecretString>| secret.unwrap().expose_secret().to_owned();
        assert_eq!(exposed(settings.database_url), "postgres://app:p%40ss%2Fword@db:6432/offers");
        assert_eq!(exposed(settings.redis_url), "redis://cache:6379");

        assert_eq!(read_from(&[("REDIS_PREFIX", "shop-1:")]).redis.prefix, "shop-1:");
        let whole = [("DB_NAME", "offers"), ("DATABASE_URL", "sqlite:elsewhere.db")];
        assert_eq!(exposed(read_from(&whole).database_url), "sqlite:elsewhere.db");
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_kept_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "00000000000000000000000000000001\n").unwrap();
        let settings = read_from(&[("SECRET_KEY_FILE", file.to_str().unwrap())]);
        let key = settings.secret_key.unwrap();
        assert_eq!(key.expose_secret(), "00000000000000000000000000000001");

        let path = file.to_str().unwrap();
        let in_parts = read_from(&[("DB_NAME", "offers"), ("DB_PASSWORD_FILE", path)]).database_url.unwrap();
        assert!(in_parts.expose_secret().contains(":00000000000000000000000000000001@"));
    }

    #[test]
    fn what_two_variables_say_is_a_mistake_because_none_of_them_could_win() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let pairs = [
            [("DATABASE_URL", "sqlite:a.db"), ("DATABASE_URL_FILE", path)],
            [("SECRET_KEY", "00000000000000000000000000000001"), ("OFFERS_SECRET_KEY", "other")],
            [("DB_PASSWORD", "word"), ("DB_PASSWORD_FILE", path)],
        ];
        for pair in pairs {
            let mistakes = survey(&pair).mistakes;
            assert!(mistakes.len() == 1 && mistakes[0].contains("say the same"), "{mistakes:?}");
        }
    }
}
