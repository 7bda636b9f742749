//! Whether Redis answers.

use async_trait::async_trait;
use deadpool_redis::redis::cmd;
use offers_domain::ports::{Dependency, Level, Levels};

use crate::connection::RedisConnection;

impl Levels for RedisConnection {
    fn levels(&self) -> Vec<Level> {
        vec![Level::SharedCache { circuit_open: self.is_left_alone() }]
    }
}

#[async_trait]
impl Dependency for RedisConnection {
    async fn answers(&self) -> bool {
        self.query::<String>(&cmd("PING")).await.is_ok()
    }
}
