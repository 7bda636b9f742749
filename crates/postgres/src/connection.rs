//! Connecting to a server.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, poll_fn};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::OpenError;
use crate::settings::PgSettings;

/// How long a silent network is trusted: an answer that nobody acknowledges by then ends the connection.
const SILENCE: Duration = Duration::from_secs(10);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Units of work.
    Write,
    /// Queries: the server refuses writes.
    Read,
    /// Migrations, which may take their time.
    Migrate,
    /// Reading another program's database from end to end.
    Import,
}

impl Purpose {
    /// Its name among measures.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Read => "read",
            Self::Migrate => "migrate",
            Self::Import => "import",
        }
    }
}

/// A server, and everything that is needed to connect to it.
#[derive(Clone)]
pub(crate) struct Endpoint {
    config: Config,
    tls: Option<Arc<ClientConfig>>,
}

impl Endpoint {
    pub(crate) fn new(settings: &PgSettings, purpose: Purpose) -> Result<Self, OpenError> {
        // Certificates are always checked in full, so the stricter modes mean the same.
        let url = settings.url.replace("sslmode=verify-full", "sslmode=require");
        let mut config: Config = url.parse().map_err(|error| OpenError::Address(reasons(&error)))?;
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(Arc::new(tls()?)),
            _ => None,
        };
        config
            .application_name(&settings.application_name)
            .options(options(settings, purpose))
            .connect_timeout(SILENCE)
            .keepalives_idle(SILENCE)
            .tcp_user_timeout(SILENCE);
        Ok(Self { config, tls })
    }

    pub(crate) async fn connect(&self) -> ConnectionResult<AsyncPgConnection> {
        let failed = |error: tokio_postgres::Error| ConnectionError::BadConnection(reasons(&error));
        if let Some(tls) = &self.tls {
            let tls = MakeRustlsConnect::new(ClientConfig::clone(tls));
            let (client, connection) = self.config.connect(tls).await.map_err(failed)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        } else {
            let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
    }
}

/// A connection that listens: what it can be told to do, and what the server sends of its own accord.
pub(crate) struct Listening {
    pub(crate) client: Client,
    pub(crate) messages: BoxStream<'static, Result<AsyncMessage, tokio_postgres::Error>>,
}

impl Endpoint {
    /// A connection outside the pools. Nothing happens on it unless its messages are awaited.
    pub(crate) async fn listen(&self) -> Result<Listening, tokio_postgres::Error> {
        if let Some(tls) = &self.tls {
            let tls = MakeRustlsConnect::new(ClientConfig::clone(tls));
            let (client, mut connection) = self.config.connect(tls).await?;
            Ok(Listening { client, messages: poll_fn(move |cx| connection.poll_message(cx)).boxed() })
        } else {
            let (client, mut connection) = self.config.connect(NoTls).await?;
            Ok(Listening { client, messages: poll_fn(move |cx| connection.poll_message(cx)).boxed() })
        }
    }
}

/// A unit of work finds every row by its key. Its statements stay prepared, and a plan that was made while the tables were
/// small would go on reading them whole when they have grown: measured, 24 ms instead of 0.5 ms for a batch at 100 000 rows.
/// One plan serves a statement, whatever its values: planning again for each batch costs more than most statements do. A plan
/// that cannot avoid what is off looks very dear, and would be compiled to machine code each time it runs: half a millisecond
/// for each look at the work list.
const BY_KEY: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
     -c plan_cache_mode=force_generic_plan -c jit=off";

/// Settings that the connection begins with, which costs no round trip.
fn options(settings: &PgSettings, purpose: Purpose) -> String {
    let limits = |statement: Duration, lock: Duration, idle: Duration| {
        format!(
            "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
            statement.as_millis(),
            lock.as_millis(),
            idle.as_millis()
        )
    };
    let PgSettings { statement_timeout, lock_timeout, idle_in_transaction_session_timeout, .. } = *settings;
    match purpose {
        Purpose::Write => {
            let limits = limits(statement_timeout, lock_timeout, idle_in_transaction_session_timeout);
            format!("{limits} {BY_KEY}")
        }
        Purpose::Read => {
            let limits = limits(statement_timeout, lock_timeout, idle_in_transaction_session_timeout);
            format!("{limits} -c default_transaction_read_only=on")
        }
        Purpose::Import => {
            let limits = limits(Duration::ZERO, Duration::from_mins(1), Duration::ZERO);
            format!("{limits} -c default_transaction_read_only=on -c timezone=UTC")
        }
        Purpose::Migrate => limits(Duration::ZERO, Duration::from_mins(1), Duration::ZERO),
    }
}

fn tls() -> Result<ClientConfig, OpenError> {
    let unusable = |error: rustls::Error| OpenError::Address(format!("TLS cannot be used: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    Ok(builder.with_platform_verifier().map_err(unusable)?.with_no_client_auth())
}

/// An error with all that lies behind it.
pub(crate) fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        text = format!("{text}: {reason}");
        source = reason.source();
    }
    text
}
