//! Login sessions, shared by all processes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use offers_domain::ids::SessionId;
use offers_domain::ports::{Clock, SessionCache};
use offers_domain::session::Session;
use time::Duration;

use crate::connection::RedisConnection;
use crate::fields::{Fields, spell};
use crate::hashes::{self, Entry};
use crate::owed::Owed;

/// A live session is read from the store again after so long. It bounds what other processes can believe when Redis
/// loses a revocation, or the process that owes it to Redis dies.
const LIVE_STAYS: Duration = Duration::seconds(30);

const NAMES: &[&str] = &["version", "session_id", "user_id", "created_at", "expires_at", "revoked_at"];

/// Sessions in Redis.
///
/// A revocation that cannot be written is remembered here, and paid before anything else: until then this process takes
/// no word of Redis for a session, and the store is asked. Other processes may believe an entry that Redis kept through
/// the failure for at most 30 seconds, the lifetime of a live entry; where that is too long, read the store.
pub struct RedisSessionCache {
    connection: RedisConnection,
    revoked_stays: Duration,
    clock: Arc<dyn Clock>,
    owed: Mutex<Owed>,
}

impl RedisSessionCache {
    /// Keeps a revoked session for `access`, the lifetime of an access token, and a live one for up to 30 seconds.
    pub fn new(connection: RedisConnection, access: Duration, clock: Arc<dyn Clock>) -> Self {
        let owed = Mutex::new(Owed::new(LIVE_STAYS.unsigned_abs()));
        Self { connection, revoked_stays: access, clock, owed }
    }

    /// Writes the revocations that are owed. Until that is done, Redis cannot be believed.
    async fn settled(&self) -> bool {
        let (sessions, in_doubt) = {
            let owed = self.owed();
            (owed.sessions(), owed.in_doubt(Instant::now()))
        };
        if !sessions.is_empty() {
            if self.write(&sessions).await.is_none() {
                return false;
            }
            self.owed().paid(&sessions);
        }
        !in_doubt
    }

    async fn write(&self, sessions: &[Session]) -> Option<()> {
        let entries: Option<Vec<Entry>> = sessions.iter().map(|session| self.entry(session)).collect();
        hashes::write(&self.connection, &entries?).await.ok()
    }

    /// Live is version 1 and revoked version 2, so that the one never replaces the other.
    fn entry(&self, session: &Session) -> Option<Entry> {
        let mut fields = vec![
            ("session_id", session.id.to_string()),
            ("user_id", session.user.to_string()),
            ("created_at", spell(session.created_at)?),
            ("expires_at", spell(session.expires_at)?),
        ];
        if let Some(revoked_at) = session.revoked_at {
            fields.push(("revoked_at", spell(revoked_at)?));
        }
        let (version, stays) = match session.revoked_at {
            Some(_) => (2, self.revoked_stays),
            None => (1, self.revoked_stays.min(LIVE_STAYS)),
        };
        let expires_at = self.clock.now().saturating_add(stays);
        Some(Entry { key: self.connection.keys().session(session.id), version, expires_at, fields })
    }

    fn owed(&self) -> MutexGuard<'_, Owed> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionCache for RedisSessionCache {
    async fn get(&self, id: SessionId) -> Option<Session> {
        let revoked = self.owed().find(id);
        if revoked.is_some() {
            return revoked;
        }
        if !self.settled().await {
            return None;
        }
        let key = self.connection.keys().session(id);
        hashes::read(&self.connection, &key, NAMES, |fields| parse(id, fields)).await
    }

    async fn put(&self, session: Session) {
        if session.revoked_at.is_some() {
            // Remembered before the first wait, so that a caller who gives up half-way loses nothing.
            self.owed().owe(session, Instant::now());
            self.settled().await;
        } else {
            // A cache may lose a live session.
            let _ = self.write(&[session]).await;
        }
    }
}

fn parse(id: SessionId, fields: &Fields) -> Option<Session> {
    let session = Session {
        id: fields.parse("session_id")?,
        user: fields.parse("user_id")?,
        created_at: fields.instant("created_at")?,
        expires_at: fields.instant("expires_at")?,
        revoked_at: fields.instant_if_any("revoked_at").ok()?,
    };
    let version: u32 = fields.parse("version")?;
    let versioned = version == if session.revoked_at.is_some() { 2 } else { 1 };
    (session.id == id && versioned).then_some(session)
}
