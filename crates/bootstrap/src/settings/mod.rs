//! Settings: a file, below the environment, below the flags. Typed, checked, unknown keys refused.

mod activation;
mod arguments;
mod catalogue;
mod checks;
mod sections;
mod sources;
mod webhooks;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use documented::DocumentedFields;
use offers_domain::auto_renew::RenewalCalendar;
use offers_domain::expiry::WarningDays;
use offers_domain::limits::Quota;
use offers_domain::money::Currency;
use offers_domain::retry::RetryPolicy;
use offers_domain::sending::SendPolicy;
use offers_http::{PartnerQuota, Quotas, TrustedProxies};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::StartError;
pub use activation::ActivationPartnerSection;
pub use arguments::SettingsArguments;
use catalogue::redacted;
pub(crate) use catalogue::{Setting, catalogue, values};
pub use sections::{
    HttpSection, IdentitySection, LimitsSection, LogFormat, LogSection, NoticesSection, Numbers,
    OrdersSection, PartnerApiSection, PartnerSection, PostgresSection, RedisSection, RetrySection,
    SubscriptionsSection, WorkerSection,
};
pub use sources::Overrides;
pub(crate) use sources::{Origin, Survey};
pub use webhooks::WebhooksSection;

/// Where everything is kept.
#[derive(Debug, Clone)]
pub enum Database {
    /// The embedded store, in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, at this address.
    Postgres(SecretString),
}

/// Everything that can be set, with its default.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Where metrics and probes listen.
    pub metrics_listen: SocketAddr,
    /// Where the embedded default keeps its file and its key.
    pub data_dir: PathBuf,
    /// The store: `postgres://…` or `sqlite:PATH`. Without it, `offers.db` in the data folder.
    #[serde(serialize_with = "redacted")]
    pub database_url: Option<SecretString>,
    /// The shared cache. Without it, one in the process.
    #[serde(serialize_with = "redacted")]
    pub redis_url: Option<SecretString>,
    /// Signs access tokens; at least 32 bytes. Without it, one is made and kept in the data folder.
    #[serde(serialize_with = "redacted")]
    pub secret_key: Option<SecretString>,
    /// The default activation partner. Without it, the built-in simulator, if the store is embedded.
    pub activation_partner_url: Option<String>,
    /// More activation partners, by name.
    pub activation_partners: BTreeMap<String, ActivationPartnerSection>,
    /// The deployment's currency (ISO 4217).
    pub currency: String,
    /// The HTTP server.
    pub http: HttpSection,
    /// Who may come in.
    pub identity: IdentitySection,
    /// How often clients may ask.
    pub limits: LimitsSection,
    /// Logs.
    pub log: LogSection,
    /// Taking orders.
    pub orders: OrdersSection,
    /// The PostgreSQL store.
    pub postgres: PostgresSection,
    /// The shared cache.
    pub redis: RedisSection,
    /// Working on orders.
    pub worker: WorkerSection,
    /// What happens to subscriptions by the clock.
    pub subscriptions: SubscriptionsSection,
    /// Calling the activation partner again.
    pub retry: RetrySection,
    /// Calling the activation partner.
    pub partner: PartnerSection,
    /// The API for partners.
    pub partner_api: PartnerApiSection,
    /// Telling customers.
    pub notices: NoticesSection,
    /// Telling partners and the operator what happened.
    pub webhooks: WebhooksSection,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            metrics_listen: SocketAddr::from(([127, 0, 0, 1], 9464)),
            data_dir: PathBuf::from("data"),
            database_url: None,
            redis_url: None,
            secret_key: None,
            activation_partner_url: None,
            activation_partners: BTreeMap::new(),
            currency: "EUR".into(),
            http: HttpSection::default(),
            identity: IdentitySection::default(),
            limits: LimitsSection::default(),
            log: LogSection::default(),
            orders: OrdersSection::default(),
            postgres: PostgresSection::default(),
            redis: RedisSection::default(),
            worker: WorkerSection::default(),
            subscriptions: SubscriptionsSection::default(),
            retry: RetrySection::default(),
            partner: PartnerSection::default(),
            partner_api: PartnerApiSection::default(),
            notices: NoticesSection::default(),
            webhooks: WebhooksSection::default(),
        }
    }
}

/// The variables that are text; another program's may be anything.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Settings {
    /// Reads every source and checks the result.
    pub fn load(overrides: &Overrides) -> Result<Self, StartError> {
        let Survey { settings, mistakes, .. } = Self::survey(overrides)?;
        match mistakes.as_slice() {
            [] => Ok(settings),
            [mistake] => Err(StartError::Setting(mistake.clone())),
            [first, others @ ..] => {
                let more = others.len();
                let sentence = format!("{first}; and {more} more, which `offers config check` lists");
                Err(StartError::Setting(sentence))
            }
        }
    }

    /// Reads every source: what is set where, and all that is wrong with it.
    pub(crate) fn survey(overrides: &Overrides) -> Result<Survey, StartError> {
        let mut survey = sources::read(overrides, environment())?;
        // What was not understood stands at its default, and would be blamed for what it does not say.
        if survey.mistakes.is_empty() {
            survey.mistakes = survey.settings.mistakes();
        }
        Ok(survey)
    }

    /// The currency, parsed.
    pub fn currency(&self) -> Result<Currency, StartError> {
        self.currency.parse().map_err(|error| StartError::Setting(format!("currency: {error}")))
    }

    /// The store that the settings name.
    pub fn database(&self) -> Result<Database, StartError> {
        let Some(url) = &self.database_url else {
            return Ok(Database::Sqlite(self.data_dir.join("offers.db")));
        };
        let text = url.expose_secret();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Database::Postgres(url.clone()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => {
                Ok(Database::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path))))
            }
            _ => Err(StartError::Setting(
                "database_url (DATABASE_URL) must begin with postgres:// or sqlite:".into(),
            )),
        }
    }

    /// When a renewal by itself that lacked money is tried again.
    pub fn renewal_calendar(&self) -> RenewalCalendar {
        let Numbers(seconds) = &self.subscriptions.retry_after_s;
        let retry_after = seconds.iter().map(|seconds| time::Duration::seconds((*seconds).into())).collect();
        RenewalCalendar { retry_after }
    }

    /// When holders of subscriptions are warned of their ends.
    pub fn warning_days(&self) -> WarningDays {
        WarningDays::new(self.subscriptions.warn_days.0.clone())
    }

    /// How answers of the activation partner are judged.
    pub fn retry_policy(&self) -> RetryPolicy {
        let milliseconds = |value: u32| time::Duration::milliseconds(i64::from(value));
        RetryPolicy {
            lease: milliseconds(self.worker.lease_ms),
            backoff_base: milliseconds(self.retry.base_ms),
            backoff_cap: milliseconds(self.retry.cap_ms),
            retry_horizon: milliseconds(self.retry.horizon_ms),
            query_unit: milliseconds(self.retry.query_unit_ms),
            reconcile_base: milliseconds(self.retry.reconcile_base_ms),
            reconcile_cap: milliseconds(self.retry.reconcile_cap_ms),
            give_up_after: milliseconds(self.retry.give_up_ms),
            ..RetryPolicy::default()
        }
    }

    /// How long, how often and when customers are told.
    pub fn send_policy(&self) -> SendPolicy {
        let milliseconds = |value: u32| time::Duration::milliseconds(i64::from(value));
        SendPolicy {
            lease: milliseconds(self.notices.lease_ms),
            backoff_base: milliseconds(self.notices.retry_base_ms),
            backoff_cap: milliseconds(self.notices.retry_cap_ms),
            give_up_after: milliseconds(self.notices.give_up_ms),
        }
    }

    /// How many requests of each class there may be.
    pub fn quotas(&self) -> Quotas {
        let limits = &self.limits;
        let quota = |amount| self.quota(amount);
        Quotas {
            login: quota(limits.logins_per_address),
            logins_together: quota(limits.logins_per_process),
            register: quota(limits.registrations_per_address),
            callback: quota(limits.callbacks_per_address),
            public: quota(limits.public_per_address),
            read: quota(limits.reads_per_user),
            write: quota(limits.writes_per_user),
            order: quota(limits.orders_per_user),
            partner: if limits.enabled {
                PartnerQuota::Agreed { otherwise: quota(limits.requests_per_partner) }
            } else {
                PartnerQuota::Unlimited
            },
        }
    }

    /// So many in each minute, where there are limits at all.
    pub fn quota(&self, amount: u32) -> Option<Quota> {
        Quota::per_minute(amount).filter(|_| self.limits.enabled)
    }

    /// The networks of proxies that are ours.
    pub fn trusted_proxies(&self) -> Result<TrustedProxies, StartError> {
        let texts = self.http.trusted_proxies.split(',').map(str::trim).filter(|text| !text.is_empty());
        let networks: Result<_, _> = texts.map(str::parse).collect();
        networks.map(TrustedProxies).map_err(|_| {
            StartError::Setting(
                "http.trusted_proxies must be networks such as 10.0.0.0/8, separated by commas".into(),
            )
        })
    }

    /// A setting in milliseconds, as a duration.
    pub fn duration(milliseconds: u32) -> Duration {
        Duration::from_millis(u64::from(milliseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_good_and_follow_the_documented_policy() {
        assert_eq!(Settings::default().mistakes(), [""; 0]);
        assert_eq!(Settings::default().retry_policy(), RetryPolicy::default());
        assert_eq!(Settings::default().renewal_calendar(), RenewalCalendar::default());
        assert_eq!(Settings::default().warning_days(), WarningDays::default());
        assert_eq!(Settings::default().send_policy(), SendPolicy::default());
    }

    #[test]
    fn what_was_agreed_with_a_partner_counts_unless_nothing_is_limited() {
        let mut settings = Settings::default();
        let agreed = |otherwise| PartnerQuota::Agreed { otherwise: Quota::per_minute(otherwise) };
        assert_eq!(settings.quotas().partner, agreed(600));
        settings.limits.requests_per_partner = 0;
        assert_eq!(settings.quotas().partner, agreed(0));
        settings.limits.enabled = false;
        assert_eq!(settings.quotas().partner, PartnerQuota::Unlimited);
    }

    #[test]
    fn an_embedded_store_is_named_by_its_path_in_every_usual_spelling() {
        for (url, file) in [
            ("sqlite:offers.db", "offers.db"),
            ("sqlite://offers.db", "offers.db"),
            ("sqlite:/var/lib/offers.db", "/var/lib/offers.db"),
            ("sqlite:///var/lib/offers.db", "/var/lib/offers.db"),
            ("sqlite:////var/lib/offers.db", "//var/lib/offers.db"),
        ] {
            let settings = Settings { database_url: Some(url.into()), ..Settings::default() };
            assert!(
                matches!(settings.database(), Ok(Database::Sqlite(path)) if path.as_os_str() == file),
                "{url}"
            );
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let settings =
            Settings { secret_key: Some("a very secret key, 32 bytes long!".into()), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("very secret"));
    }
}
