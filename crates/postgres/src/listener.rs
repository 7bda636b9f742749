//! Hears what other processes send with NOTIFY.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use offers_domain::ports::{Signal, SignalSink};
use tokio_postgres::AsyncMessage;
use uuid::Uuid;

use crate::connection::{Endpoint, Listening, Purpose};
use crate::error::OpenError;
use crate::relay::CHANNEL;
use crate::settings::PgSettings;

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(500);

/// The listener of one process, on a connection of its own, made again whenever it is lost.
pub struct PgListener {
    endpoint: Endpoint,
    name: Uuid,
    sink: Arc<dyn SignalSink>,
}

impl PgListener {
    /// Delivers to `sink` what every process but the one called `name` sends.
    pub fn new(settings: &PgSettings, name: Uuid, sink: Arc<dyn SignalSink>) -> Result<Self, OpenError> {
        Ok(Self { endpoint: Endpoint::new(settings, Purpose::Read)?, name, sink })
    }

    /// Listens until `stop` is ready.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.listen() => {}
        }
    }

    async fn listen(&self) {
        loop {
            if let Ok(listening) = self.endpoint.listen().await {
                self.hear(listening).await;
                tracing::warn!("other processes are not heard; workers and clients look for themselves");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns once the connection is lost.
    async fn hear(&self, Listening { client, mut messages }: Listening) {
        let command = format!("LISTEN {CHANNEL}");
        let mut listen = std::pin::pin!(client.batch_execute(&command));
        let mut listens = false;
        loop {
            tokio::select! {
                outcome = &mut listen, if !listens => match outcome {
                    // What was sent before is lost to this process.
                    Ok(()) => {
                        listens = true;
                        self.sink.deliver(&Signal::Missed);
                    }
                    Err(_) => return,
                },
                message = messages.next() => match message {
                    Some(Ok(AsyncMessage::Notification(notification))) => {
                        if let Some(signal) = Signal::heard(notification.payload(), self.name) {
                            self.sink.deliver(&signal);
                        }
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return,
                },
            }
        }
    }
}
