//! Logins that are tried, remembered for all processes together.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use deadpool_redis::redis::{Script, cmd};
use offers_domain::login_tries::{FORGOTTEN_AFTER, FROM_NETWORK, KNOWN_FOR, LoginTry, OF_ACCOUNT};
use offers_domain::ports::{Clock, LoginTries};
use time::Duration;

use crate::connection::{Failure, RedisConnection};
use crate::hashes::{microseconds, span};

static TRY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("try.lua")));

/// Tries in Redis. Each process remembers its own as well, so that nobody starts afresh when Redis is lost.
pub struct RedisLoginTries {
    connection: RedisConnection,
    near: Arc<dyn LoginTries>,
    clock: Arc<dyn Clock>,
}

impl RedisLoginTries {
    /// Remembers in Redis and in `near`.
    pub fn new(connection: RedisConnection, near: Arc<dyn LoginTries>, clock: Arc<dyn Clock>) -> Self {
        Self { connection, near, clock }
    }

    async fn begin_shared(&self, login: &LoginTry) -> Result<Duration, Failure> {
        let mut call = TRY.prepare_invoke();
        for key in self.connection.keys().login(login) {
            call.key(key);
        }
        call.arg(microseconds(self.clock.now()));
        for slow_down in [FROM_NETWORK, OF_ACCOUNT] {
            call.arg(slow_down.free).arg(span(slow_down.first)).arg(span(slow_down.longest));
        }
        call.arg(span(FORGOTTEN_AFTER) / 1000);
        let wait: i64 = self.connection.invoke(&call).await?;
        Ok(Duration::microseconds(wait))
    }
}

#[async_trait]
impl LoginTries for RedisLoginTries {
    async fn begin(&self, login: &LoginTry) -> Result<(), Duration> {
        match self.begin_shared(login).await {
            Ok(wait) if wait.is_positive() => Err(wait),
            Ok(_) => {
                // Counted here as well, for the day on which Redis is lost; but this process does not know which networks
                // the account was used from elsewhere, so that its own opinion does not matter before.
                let _ = self.near.begin(login).await;
                Ok(())
            }
            Err(_) => self.near.begin(login).await,
        }
    }

    async fn succeeded(&self, login: &LoginTry) {
        self.near.succeeded(login).await;
        let [here, account, known] = self.connection.keys().login(login);
        let _: Result<(), _> = self.connection.query(cmd("UNLINK").arg(here).arg(account)).await;
        let milliseconds = span(KNOWN_FOR) / 1000;
        let _: Result<(), _> =
            self.connection.query(cmd("SET").arg(known).arg(1).arg("PX").arg(milliseconds)).await;
    }
}
