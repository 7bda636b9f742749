//! The one connection that all calls share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use deadpool_redis::redis::io::tcp::TcpSettings;
use deadpool_redis::redis::{
    Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, RedisError, RedisResult, ScriptInvocation,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use crate::breaker::Breaker;
use crate::keys::Keys;
use crate::settings::{RedisSettings, RedisUrlError};

/// Commands that wait for their turn on the connection; more wait outside, under their own deadlines.
const QUEUE: usize = 1024;

/// The way to Redis: one multiplexed connection, a deadline on every call, and a circuit breaker. Clones share all three.
#[derive(Clone)]
pub struct RedisConnection(Arc<Inner>);

struct Inner {
    client: Client,
    config: ConnectionManagerConfig,
    keys: Keys,
    deadline: Duration,
    link: Mutex<Link>,
}

struct Link {
    manager: ConnectionManager,
    breaker: Breaker,
}

/// Why a call brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Redis did not answer, or would not do it.
    Unavailable,
    /// What is there is not what this program writes.
    Garbage,
}

impl RedisConnection {
    /// Prepares the way; nothing is connected before the first call, so that Redis may be down. Must be called on a Tokio
    /// runtime.
    ///
    /// # Errors
    /// When the address is malformed.
    pub fn open(settings: &RedisSettings) -> Result<Self, RedisUrlError> {
        // TLS needs a process-wide provider; whoever installed one first has chosen.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let malformed = |error: RedisError| RedisUrlError(error.to_string());
        let info = settings.url.expose_secret().into_connection_info().map_err(malformed)?;
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let client = Client::open(info).map_err(malformed)?;
        // No retries: the breaker decides when to try again.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(settings.deadline))
            .set_response_timeout(Some(settings.deadline))
            .set_pipeline_buffer_size(QUEUE);
        let manager = client.get_connection_manager_lazy(config.clone()).map_err(malformed)?;
        let breaker = Breaker::new(settings.failures_to_open, settings.cool_down);
        Ok(Self(Arc::new(Inner {
            client,
            config,
            keys: Keys::new(&settings.prefix),
            deadline: settings.deadline,
            link: Mutex::new(Link { manager, breaker }),
        })))
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Whether the circuit is open.
    pub(crate) fn is_left_alone(&self) -> bool {
        self.link().breaker.is_open()
    }

    /// For a connection of one's own.
    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Failure> {
        self.call(|mut manager| async move { command.query_async(&mut manager).await }).await
    }

    /// Runs a script by its digest, and hands its text over where Redis has forgotten it.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Failure> {
        self.call(|mut manager| async move { script.invoke_async(&mut manager).await }).await
    }

    async fn call<T, F>(&self, call: impl FnOnce(ConnectionManager) -> F) -> Result<T, Failure>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let Some(manager) = self.admitted() else { return Err(Failure::Unavailable) };
        match timeout(self.0.deadline, call(manager)).await {
            Ok(Ok(answer)) => {
                self.succeeded();
                Ok(answer)
            }
            Ok(Err(error)) if is_garbage(&error) => {
                self.succeeded();
                Err(Failure::Garbage)
            }
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => Err(self.failed(&"no answer in time")),
        }
    }

    fn admitted(&self) -> Option<ConnectionManager> {
        let mut link = self.link();
        link.breaker.admits(Instant::now()).then(|| link.manager.clone())
    }

    fn succeeded(&self) {
        if self.link().breaker.succeeded() {
            tracing::info!("Redis answers again");
        }
    }

    fn failed(&self, reason: &dyn std::fmt::Display) -> Failure {
        let mut link = self.link();
        if link.breaker.failed(Instant::now()) {
            tracing::warn!(%reason, "Redis is left alone for a while; the store answers instead");
        }
        if link.breaker.is_open() {
            // The old connection may lead nowhere without ever saying so: the next try makes a new one.
            if let Ok(manager) = self.0.client.get_connection_manager_lazy(self.0.config.clone()) {
                link.manager = manager;
            }
        }
        Failure::Unavailable
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.0.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether Redis answered, but about something of another type.
fn is_garbage(error: &RedisError) -> bool {
    error.kind() == ErrorKind::UnexpectedReturnType || error.code() == Some("WRONGTYPE")
}
