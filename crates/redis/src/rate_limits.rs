//! Requests, counted for all processes together.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use offers_domain::limits::{LimitKey, Quota, Verdict};
use offers_domain::ports::{Clock, RateLimits};
use time::Duration;

use crate::connection::RedisConnection;
use crate::hashes::{microseconds, span};

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("take.lua")));

/// Quotas in Redis. While it is away each process counts by itself: logins with half of the quota, so that several processes
/// do not let many more guesses through than one, everything else with the whole.
pub struct RedisRateLimits {
    connection: RedisConnection,
    near: Arc<dyn RateLimits>,
    clock: Arc<dyn Clock>,
}

impl RedisRateLimits {
    /// Counts in Redis, and in `near` while it is away.
    pub fn new(connection: RedisConnection, near: Arc<dyn RateLimits>, clock: Arc<dyn Clock>) -> Self {
        Self { connection, near, clock }
    }

    async fn take_shared(&self, takes: &[(LimitKey, Quota)]) -> Option<Vec<Verdict>> {
        let mut call = TAKE.prepare_invoke();
        call.arg(microseconds(self.clock.now()));
        for (key, quota) in takes {
            call.key(self.connection.keys().limit(key));
            call.arg(span(quota.window)).arg(span(quota.interval()));
        }
        let answers: Vec<(bool, u32, i64, i64)> = self.connection.invoke(&call).await.ok()?;
        let verdict = |(allowed, remaining, reset, retry_after)| Verdict {
            allowed,
            remaining,
            reset: Duration::microseconds(reset),
            retry_after: Duration::microseconds(retry_after),
        };
        Some(answers.into_iter().map(verdict).collect())
            .filter(|verdicts: &Vec<_>| verdicts.len() == takes.len())
    }
}

#[async_trait]
impl RateLimits for RedisRateLimits {
    async fn take(&self, takes: &[(LimitKey, Quota)]) -> Vec<Verdict> {
        if takes.is_empty() {
            return Vec::new();
        }
        match self.take_shared(takes).await {
            Some(verdicts) => verdicts,
            None => self.near.take(&takes.iter().map(alone).collect::<Vec<_>>()).await,
        }
    }
}

/// What one process grants while nobody knows what the others do.
fn alone((key, quota): &(LimitKey, Quota)) -> (LimitKey, Quota) {
    (key.clone(), if key.is_of_logins() { quota.halved() } else { *quota })
}
