//! Login sessions inside a unit of work. This is the record; caches only make it fast.

use std::collections::HashSet;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Locked, StoreError};
use crate::ids::{SessionId, UserId};
use crate::session::{RefreshHash, RefreshToken, Session};

/// A refresh token that somebody presented, with its session; both are locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedToken {
    /// The session.
    pub session: Locked<Session>,
    /// The token.
    pub token: Locked<RefreshToken>,
    /// What it was traded for.
    pub children: Vec<RefreshToken>,
}

/// Writes sessions and their refresh tokens.
#[async_trait]
pub trait Sessions {
    /// Adds a session with its first refresh token.
    async fn insert_session(&mut self, session: &Session, token: &RefreshToken) -> Result<(), StoreError>;

    /// Locks the token with this hash and its session; none where nobody was ever given it.
    async fn lock_refresh_token(&mut self, hash: RefreshHash) -> Result<Option<PresentedToken>, StoreError>;

    /// Marks a token used and adds a successor; the session was last used now.
    async fn rotate_refresh_token(
        &mut self,
        used: RefreshHash,
        successor: &RefreshToken,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Which of these sessions live at `now`, as this unit sees them.
    async fn live_sessions(
        &mut self,
        ids: &[SessionId],
        now: OffsetDateTime,
    ) -> Result<HashSet<SessionId>, StoreError>;

    /// Locks a person's sessions that have not ended at `now`, oldest first.
    async fn lock_live_sessions(
        &mut self,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Session>>, StoreError>;

    /// Ends sessions; those that have ended keep their first end.
    async fn revoke_sessions(
        &mut self,
        sessions: &[SessionId],
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Forgets up to `at_most` sessions that ended before `limit`, with their tokens, the first to end first; says how
    /// many sessions.
    async fn purge_sessions(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError>;
}
