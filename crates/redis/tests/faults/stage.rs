//! A Redis that may be mistreated, and values to put into it.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use deadpool_redis::redis::{Client, Cmd, Connection, FromRedisValue};
use offers_domain::ids::{SessionId, TransactionId, UserId};
use offers_domain::ports::{Clock, StatusCache};
use offers_domain::session::{Session, SessionPolicy};
use offers_domain::transaction::{Status, SubStatus};
use offers_domain::views::StatusView;
use offers_redis::{RedisConnection, RedisOfferCache, RedisSessionCache, RedisSettings, RedisStatusCache};
use offers_testkit::builders::{self, NOON};
use offers_testkit::servers::Redis;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::WallClock;

pub(crate) const DEADLINE: Span = Span::from_millis(100);
/// Five calls that fail, and as much again for a busy machine.
pub(crate) const UNTIL_LEFT_ALONE: Span = Span::from_secs(1);
pub(crate) const PATIENCE: Span = Span::from_secs(10);
pub(crate) const ORDER: TransactionId = TransactionId(Uuid::from_u128(1));

pub(crate) fn now() -> OffsetDateTime {
    WallClock.now()
}

/// What one process has of a server.
pub(crate) struct Process {
    pub(crate) statuses: RedisStatusCache,
    pub(crate) sessions: RedisSessionCache,
    pub(crate) offers: RedisOfferCache,
}

/// A process with the settings of production, but for how long a status is fresh.
pub(crate) fn process(server: &Redis, fresh_for: Duration) -> Process {
    process_at(&server.url(), fresh_for, DEADLINE)
}

/// A process that waits for its answers, where the test is not about time: a busy machine must not look like a failure.
pub(crate) fn patient(server: &Redis, fresh_for: Duration) -> Process {
    process_at(&server.url(), fresh_for, PATIENCE)
}

/// A process that knows Redis under this address.
pub(crate) fn process_at(url: &str, fresh_for: Duration, deadline: Span) -> Process {
    let settings = RedisSettings { deadline, ..RedisSettings::new(url) };
    let connection = RedisConnection::open(&settings).unwrap();
    let clock = Arc::new(WallClock);
    Process {
        statuses: RedisStatusCache::new(connection.clone(), fresh_for),
        sessions: RedisSessionCache::new(connection.clone(), Duration::minutes(10), clock.clone()),
        offers: RedisOfferCache::new(connection, clock),
    }
}

impl Process {
    /// Returns once a status that is put is found; fails when that takes too long.
    pub(crate) async fn recovers(&self) {
        let began = Instant::now();
        let probe = success(TransactionId(Uuid::from_u128(u128::MAX)));
        loop {
            self.statuses.put(std::slice::from_ref(&probe), now()).await;
            if self.statuses.get(probe.transaction).await.is_some() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "Redis is not used again");
            tokio::time::sleep(Span::from_millis(20)).await;
        }
    }
}

/// A way past the program under test.
pub(crate) struct Raw(Connection);

impl Raw {
    pub(crate) fn to(server: &Redis) -> Self {
        Self(Client::open(server.url()).unwrap().get_connection().unwrap())
    }

    pub(crate) fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> T {
        command.query(&mut self.0).unwrap()
    }

    /// One command of plain words.
    pub(crate) fn tell(&mut self, words: &str) {
        let mut words = words.split(' ');
        let mut command = deadpool_redis::redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        let _ = command.exec(&mut self.0);
    }

    pub(crate) fn holds(&mut self, key: &str) -> bool {
        self.ask(deadpool_redis::redis::cmd("EXISTS").arg(key))
    }
}

/// Sends a signal to the server.
pub(crate) fn signal(server: &Redis, name: &str) {
    let status = Command::new("kill").args([name, &server.pid().to_string()]).status().unwrap();
    assert!(status.success());
}

pub(crate) fn processing(version: u32) -> StatusView {
    let updated_at = NOON + Duration::seconds(i64::from(version));
    StatusView { updated_at, ..builders::processing(ORDER, version) }
}

pub(crate) fn success(id: TransactionId) -> StatusView {
    StatusView {
        transaction: id,
        status: Status::Success,
        sub_status: SubStatus::Confirmed,
        reference: Some("EXT-1".into()),
        completed_at: Some(NOON),
        ..processing(1_000)
    }
}

pub(crate) fn live(id: u128) -> Session {
    Session::begin(SessionId(Uuid::from_u128(id)), UserId(7), &SessionPolicy::default(), NOON)
}

pub(crate) fn revoked(id: u128) -> Session {
    Session { revoked_at: Some(NOON), ..live(id) }
}
