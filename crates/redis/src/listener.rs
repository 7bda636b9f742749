//! Hears what other processes ring.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::RedisResult;
use deadpool_redis::redis::aio::{PubSubSink, PubSubStream};
use futures_util::StreamExt;
use offers_domain::ports::{Signal, SignalSink};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::connection::RedisConnection;

/// A connection that has been quiet for so long is asked whether it still lives.
const QUIET: Duration = Duration::from_secs(10);
/// How long a subscription or a sign of life may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait before the next attempt.
const PAUSE: Duration = Duration::from_millis(500);

/// The subscriber of one process, on a connection of its own, made again whenever it is lost.
pub struct RedisListener {
    connection: RedisConnection,
    name: Uuid,
    sink: Arc<dyn SignalSink>,
}

impl RedisListener {
    /// Delivers to `sink` what every process but the one called `name` sends.
    pub fn new(connection: RedisConnection, name: Uuid, sink: Arc<dyn SignalSink>) -> Self {
        Self { connection, name, sink }
    }

    /// Listens until `stop` is ready.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.listen() => {}
        }
    }

    async fn listen(&self) {
        let mut heard_before = true;
        loop {
            let subscribed = timeout(PATIENCE, self.subscribe()).await;
            let hears = if let Ok(Ok((sink, news))) = subscribed {
                tracing::info!("other processes are heard through Redis");
                self.hear(sink, news).await;
                true
            } else {
                false
            };
            if hears || heard_before {
                tracing::warn!("other processes are not heard; workers and clients look for themselves");
            }
            heard_before = hears;
            sleep(PAUSE).await;
        }
    }

    async fn subscribe(&self) -> RedisResult<(PubSubSink, PubSubStream)> {
        let (mut sink, news) = self.connection.client().get_async_pubsub().await?.split();
        sink.subscribe(self.connection.keys().signals()).await?;
        Ok((sink, news))
    }

    /// Returns once the connection is lost.
    async fn hear(&self, mut sink: PubSubSink, mut news: PubSubStream) {
        // What was rung before is lost to this process.
        self.sink.deliver(&Signal::Missed);
        loop {
            match timeout(QUIET, news.next()).await {
                Ok(Some(message)) => {
                    let text = std::str::from_utf8(message.get_payload_bytes()).unwrap_or_default();
                    if let Some(signal) = Signal::heard(text, self.name) {
                        self.sink.deliver(&signal);
                    }
                }
                Ok(None) => return,
                Err(_) => {
                    let alive = timeout(PATIENCE, sink.ping::<()>()).await;
                    if !matches!(alive, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }
}
