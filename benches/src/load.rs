//! Closed-loop load: so many clients, each waiting for its answer before it asks again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Outcome;
use crate::figures::per_second;
use crate::http::Connection;

/// Makes the request with this number; no number comes twice.
pub(crate) type Requests = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// Who asks, whom, for how long, and what the answer must be.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) address: String,
    pub(crate) connections: u64,
    pub(crate) length: Duration,
    pub(crate) expected: u16,
}

impl Load {
    /// Answers per second. An answer with another status ends the run: a server that refuses is not measured.
    pub(crate) async fn per_second(&self, requests: &Requests) -> Outcome<u64> {
        let mut clients = JoinSet::new();
        let started = Instant::now();
        for number in 0..self.connections {
            clients.spawn(self.clone().client(requests.clone(), number, started));
        }
        let mut answered = 0;
        while let Some(client) = clients.join_next().await {
            answered += client??;
        }
        Ok(per_second(answered, started.elapsed()))
    }

    async fn client(self, requests: Requests, first: u64, started: Instant) -> Outcome<u64> {
        let mut connection = Connection::open(&self.address).await?;
        let mut answered = 0;
        while started.elapsed() < self.length {
            let request = requests(first + answered * self.connections);
            let answer = connection.exchange(&request).await?;
            if answer.status != self.expected {
                let body = String::from_utf8_lossy(answer.body);
                return Err(format!("status {} instead of {}: {body}", answer.status, self.expected).into());
            }
            answered += 1;
        }
        Ok(answered)
    }
}
