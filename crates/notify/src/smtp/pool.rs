//! Connections that are kept between messages.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::transport::smtp::client::AsyncSmtpConnection;
use offers_domain::sending::Delivery;

use super::server::Server;

/// Shorter than servers keep idle clients.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// Makes connections and keeps a few that are in good order. How many there are at once is up to those who send.
pub(super) struct Pool {
    server: Server,
    idle: Mutex<VecDeque<Idle>>,
    keep: usize,
}

impl Pool {
    pub(super) fn new(server: Server, keep: usize) -> Self {
        Self { server, idle: Mutex::new(VecDeque::new()), keep }
    }

    /// A connection that answers: a kept one, or a new one.
    pub(super) async fn take(&self) -> Result<AsyncSmtpConnection, Delivery> {
        while let Some(mut connection) = self.kept() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.server.connect().await
    }

    /// Keeps a connection whose last message went well.
    pub(super) fn give_back(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.keep {
            idle.push_back(Idle { connection, since: Instant::now() });
        }
    }

    fn kept(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The newest first: the older ones time out when few are needed.
        let newest = idle.pop_back()?;
        if newest.since.elapsed() > LONGEST_IDLE {
            idle.clear();
            return None;
        }
        Some(newest.connection)
    }
}
