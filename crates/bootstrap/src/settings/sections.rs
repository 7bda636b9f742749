//! The sections of the settings, each with its defaults.

use std::path::PathBuf;

use documented::DocumentedFields;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::catalogue::redacted;

/// The HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSection {
    /// Threads that serve requests.
    pub workers: usize,
    /// Networks of proxies whose `X-Forwarded-For` is believed, separated by commas: `10.0.0.0/8,fd00::/8`.
    pub trusted_proxies: String,
    /// Event streams that one process keeps open at once. Fewer than its connections, of which each thread has 4096.
    pub event_streams: usize,
    /// Event streams of one user that one process keeps open at once.
    pub event_streams_per_user: usize,
    /// How long a stopping server goes on taking requests, in milliseconds, while `/readyz` keeps balancers from sending
    /// more: longer than they take to look.
    pub drain_ms: u32,
    /// Whether the contract of the API is shown at `/openapi.json`, and its interactive page at `/swagger/`.
    pub documentation: bool,
}

/// Logs.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// What is logged, as in `info` or `info,offers_http=debug`.
    pub level: String,
    /// `pretty`, `json`, or `auto`: pretty on a terminal.
    pub format: LogFormat,
    /// Where spans are sent as OTLP over HTTP (`http://127.0.0.1:4318/v1/traces`), by builds with the feature `otlp`.
    pub otlp_url: Option<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", rename_all = "lowercase")]
pub enum LogFormat {
    /// Pretty on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "auto" => Ok(Self::Auto),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err("log.format (OFFERS_LOG_FORMAT) must be auto, pretty or json"),
        }
    }
}

/// Taking orders.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct OrdersSection {
    /// How many orders may wait in one lane before new ones are turned away.
    pub queue: usize,
    /// How many orders share a commit at most.
    pub max_batch: usize,
    /// How many batches are under way at once; a customer's orders stay in one lane. Few lanes
    /// make large batches, which cost less; more hide a slow disk. SQLite, which has one writer, has one in any case.
    pub lanes: usize,
}

/// The shared cache.
#[derive(Debug, Clone, Default, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct RedisSection {
    /// Before every key and channel: keeps several deployments on one server apart.
    pub prefix: String,
}

/// The PostgreSQL store.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresSection {
    /// Connections that write.
    pub pool_size: usize,
    /// Connections that read; writers never take them.
    pub reader_pool_size: usize,
    /// Work with a server that may lose commits in a crash. For development only.
    pub allow_unsafe_durability: bool,
}

/// Who may come in.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySection {
    /// Strangers may sign up as customers with an empty wallet.
    pub registration: bool,
    /// How long every login takes at least, in milliseconds. Password hashes of an earlier system take longer to check than
    /// ours, which would tell who has never logged in here: with people that were imported, more than the slowest of them.
    pub login_floor_ms: u32,
}

/// How often clients may ask, in each minute; zero is no limit.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// Whether there are limits at all. Tries of passwords are slowed down in any case.
    pub enabled: bool,
    /// Logins from one address.
    pub logins_per_address: u32,
    /// Logins that one process takes, whoever tries.
    pub logins_per_process: u32,
    /// Strangers who sign up from one address.
    pub registrations_per_address: u32,
    /// Reports of activation partners from one address, in one process.
    pub callbacks_per_address: u32,
    /// Other requests without a token from one address, in one process.
    pub public_per_address: u32,
    /// Reads of one user, in one process.
    pub reads_per_user: u32,
    /// Writes of one user.
    pub writes_per_user: u32,
    /// Orders of one user.
    pub orders_per_user: u32,
    /// Requests of one partner with which nothing else was agreed.
    pub requests_per_partner: u32,
    /// Partners' keys that are looked up for one address, in one process. A key that works is looked up every five seconds.
    pub key_lookups_per_address: u32,
}

/// Working on orders.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerSection {
    /// How many orders of each activation partner a worker has under way at once.
    pub concurrency: usize,
    /// How often it looks for work although nobody woke it, in milliseconds.
    pub poll_ms: u32,
    /// How long it holds an order, in milliseconds.
    pub lease_ms: u32,
    /// How long a stopping worker waits for its orders before it gives them back, in milliseconds.
    pub drain_ms: u32,
}

/// What happens to subscriptions by the clock.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct SubscriptionsSection {
    /// How often the scheduler looks for subscriptions that have ended or are to be renewed, in milliseconds.
    pub look_ms: u32,
    /// When a renewal by itself that lacked money is tried again: seconds after the first try, with commas between.
    /// The last try is always at the subscription's end.
    pub retry_after_s: Numbers,
    /// How many days before its end the holder of a subscription is warned, with commas between.
    pub warn_days: Numbers,
    /// How often those whose subscriptions end soon are looked for, in seconds. More often than daily, because a run that
    /// is interrupted leaves the rest to the next one; nobody is warned twice.
    pub warn_every_s: u32,
}

/// Whole numbers with commas between.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Numbers(pub Vec<u32>);

impl TryFrom<String> for Numbers {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let numbers = text.split(',').map(str::trim).filter(|number| !number.is_empty());
        let numbers = numbers.map(str::parse).collect::<Result<_, _>>();
        numbers.map(Self).map_err(|_| "a list of numbers must be written with commas, as in 7,3,1")
    }
}

impl From<Numbers> for String {
    fn from(Numbers(numbers): Numbers) -> Self {
        numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

/// Calling the activation partner again, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct RetrySection {
    /// Ceiling of the first retry's random delay; doubles with each.
    pub base_ms: u32,
    /// Highest ceiling of a retry's delay.
    pub cap_ms: u32,
    /// How long after the order a new call may be made.
    pub horizon_ms: u32,
    /// Unit of the waits before the partner is asked: 2, 5, 10, 20 … of these.
    pub query_unit_ms: u32,
    /// First wait between questions after the horizon; doubles with each.
    pub reconcile_base_ms: u32,
    /// Longest wait between questions.
    pub reconcile_cap_ms: u32,
    /// How long after the order a person has to decide.
    pub give_up_ms: u32,
}

/// Calling the activation partner.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct PartnerSection {
    /// How long connecting may take, in milliseconds.
    pub connect_timeout_ms: u32,
    /// How long a whole call may take, in milliseconds.
    pub call_timeout_ms: u32,
    /// How many calls of one activation partner run at once.
    pub max_concurrency: usize,
    /// What the default activation partner signs its callbacks with: secrets (`whsec_…`), with commas between while they
    /// are being changed. Without one its callbacks are refused.
    #[serde(serialize_with = "redacted")]
    pub callback_secrets: Option<SecretString>,
    /// Let `offers serve` simulate the partner on a PostgreSQL database, too, where orders are taken for somebody else's
    /// money. For trying out only.
    pub simulate: bool,
}

/// The API for partners.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct PartnerApiSection {
    /// Let keys for trials (`ok_test_…`) work as live ones do. Never where money counts.
    pub test_keys: bool,
}

/// Telling customers.
#[derive(Debug, Clone, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct NoticesSection {
    /// Where e-mails go: `smtps://name:word@host:465`, `smtp://name:word@host:587` (STARTTLS), `outbox:FOLDER`, `log:` or
    /// `none:`. Without it, the folder `outbox` in the data folder for an embedded store, and nowhere otherwise.
    #[serde(serialize_with = "redacted")]
    pub email_url: Option<SecretString>,
    /// Where text messages go: `https://gateway.example/messages`, `outbox:FOLDER`, `log:` or `none:`. Without it, as for
    /// e-mails.
    #[serde(serialize_with = "redacted")]
    pub sms_url: Option<SecretString>,
    /// Who e-mails are from: `Name <name@example.com>`. SMTP needs it.
    pub from: Option<String>,
    /// Who gets the answers to e-mails, where it is somebody else.
    pub reply_to: Option<String>,
    /// Certificates (PEM) that the SMTP server may be known by, besides those that the system trusts.
    pub smtp_ca_file: Option<PathBuf>,
    /// What lets us in at the SMS gateway.
    #[serde(serialize_with = "redacted")]
    pub sms_token: Option<SecretString>,
    /// The header that carries it; in `Authorization` it is a bearer token.
    pub sms_header: String,
    /// The body of a call to the SMS gateway: JSON, in which `{to}`, `{text}` and `{id}` are replaced.
    pub sms_body: String,
    /// A folder of texts that replace the built-in ones.
    pub templates_dir: Option<PathBuf>,
    /// How many files an outbox keeps.
    pub outbox_files: usize,
    /// How many notices of a channel are handed over at once.
    pub concurrency: usize,
    /// How often a sender looks for notices although nobody woke it, in milliseconds.
    pub poll_ms: u32,
    /// How long a sender holds a notice, in milliseconds.
    pub lease_ms: u32,
    /// Ceiling of the first retry's random delay, in milliseconds; doubles with each.
    pub retry_base_ms: u32,
    /// Highest ceiling of a retry's delay, in milliseconds.
    pub retry_cap_ms: u32,
    /// How long after its occasion a notice is still worth sending, in milliseconds.
    pub give_up_ms: u32,
}

impl Default for HttpSection {
    fn default() -> Self {
        Self {
            workers: 2,
            trusted_proxies: String::new(),
            event_streams: 4096,
            event_streams_per_user: 16,
            drain_ms: 1_000,
            documentation: true,
        }
    }
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self {
            enabled: true,
            logins_per_address: 30,
            logins_per_process: 600,
            registrations_per_address: 5,
            callbacks_per_address: 6_000,
            public_per_address: 600,
            reads_per_user: 6_000,
            writes_per_user: 120,
            orders_per_user: 60,
            requests_per_partner: 600,
            key_lookups_per_address: 300,
        }
    }
}

impl Default for LogSection {
    fn default() -> Self {
        Self { level: "info,actix_server=warn".into(), format: LogFormat::Auto, otlp_url: None }
    }
}

impl Default for OrdersSection {
    fn default() -> Self {
        Self { queue: 4096, max_batch: 256, lanes: 1 }
    }
}

impl Default for PostgresSection {
    fn default() -> Self {
        Self { pool_size: 8, reader_pool_size: 8, allow_unsafe_durability: false }
    }
}

impl Default for WorkerSection {
    fn default() -> Self {
        Self { concurrency: 128, poll_ms: 1_000, lease_ms: 30_000, drain_ms: 22_000 }
    }
}

impl Default for SubscriptionsSection {
    fn default() -> Self {
        Self {
            look_ms: 60_000,
            retry_after_s: Numbers(vec![21_600, 64_800]),
            warn_days: Numbers(vec![3]),
            warn_every_s: 3_600,
        }
    }
}

impl Default for RetrySection {
    fn default() -> Self {
        Self {
            base_ms: 1_000,
            cap_ms: 120_000,
            horizon_ms: 600_000,
            query_unit_ms: 1_000,
            reconcile_base_ms: 60_000,
            reconcile_cap_ms: 1_800_000,
            give_up_ms: 86_400_000,
        }
    }
}

impl Default for PartnerSection {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 2_000,
            call_timeout_ms: 10_000,
            max_concurrency: 128,
            callback_secrets: None,
            simulate: false,
        }
    }
}

impl Default for NoticesSection {
    fn default() -> Self {
        Self {
            email_url: None,
            sms_url: None,
            from: None,
            reply_to: None,
            smtp_ca_file: None,
            sms_token: None,
            sms_header: "Authorization".into(),
            sms_body: r#"{"to": "{to}", "text": "{text}", "reference": "{id}"}"#.into(),
            templates_dir: None,
            outbox_files: 1_000,
            concurrency: 16,
            poll_ms: 1_000,
            lease_ms: 60_000,
            retry_base_ms: 5_000,
            retry_cap_ms: 1_800_000,
            give_up_ms: 86_400_000,
        }
    }
}
