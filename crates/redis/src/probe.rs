//! Whether Redis answers.

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use offers_domain::ports::Dependency;

use crate::connection::RedisConnection;

#[async_trait]
impl Dependency for RedisConnection {
    async fn answers(&self) -> bool {
        self.query::<String>(&cmd("PING")).await.is_ok()
    }
}
