//! Sessions and refresh tokens.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::StoreError;
use offers_domain::session::{RefreshHash, RefreshToken, Session};
use offers_domain::views::SessionView;
use uuid::Uuid;

use super::{Reading, micros};
use crate::schema::{refresh_tokens, sessions};

/// A login.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    id: Vec<u8>,
    user_id: i64,
    pub(crate) created_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.0.as_bytes().to_vec(),
            user_id: session.user.0,
            created_at: micros(session.created_at),
            expires_at: micros(session.expires_at),
            revoked_at: session.revoked_at.map(micros),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let id = Reading { table: "sessions", row: &"?" }.uuid("id", &row.id)?;
        let reading = Reading { table: "sessions", row: &id };
        Ok(Self {
            id: SessionId(id),
            user: UserId(row.user_id),
            created_at: reading.instant("created_at", row.created_at)?,
            expires_at: reading.instant("expires_at", row.expires_at)?,
            revoked_at: reading.optional_instant("revoked_at", row.revoked_at)?,
        })
    }
}

/// A login, and when it was last heard of.
pub(crate) fn session_view(session: SessionRow, last_used_at: i64) -> Result<SessionView, StoreError> {
    let session = Session::try_from(session)?;
    let reading = Reading { table: "sessions", row: &session.id };
    Ok(SessionView { session, last_used_at: reading.instant("last_used_at", last_used_at)? })
}

/// A refresh token's digest. Corrupt rows are named by their session, since the digest is a secret's.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, check_for_backend(Sqlite), treat_none_as_default_value = false)]
pub(crate) struct RefreshTokenRow {
    hash: Vec<u8>,
    pub(crate) session_id: Vec<u8>,
    parent: Option<Vec<u8>>,
    expires_at: i64,
    used_at: Option<i64>,
}

impl From<&RefreshToken> for RefreshTokenRow {
    fn from(token: &RefreshToken) -> Self {
        Self {
            hash: token.hash.0.to_vec(),
            session_id: token.session.0.as_bytes().to_vec(),
            parent: token.parent.map(|parent| parent.0.to_vec()),
            expires_at: micros(token.expires_at),
            used_at: token.used_at.map(micros),
        }
    }
}

impl TryFrom<RefreshTokenRow> for RefreshToken {
    type Error = StoreError;

    fn try_from(row: RefreshTokenRow) -> Result<Self, StoreError> {
        let session: Uuid =
            Reading { table: "refresh_tokens", row: &"?" }.uuid("session_id", &row.session_id)?;
        let reading = Reading { table: "refresh_tokens", row: &session };
        let parent = row.parent.as_deref().map(|parent| reading.digest("parent", parent));
        Ok(Self {
            hash: RefreshHash(reading.digest("hash", &row.hash)?),
            session: SessionId(session),
            parent: parent.transpose()?.map(RefreshHash),
            expires_at: reading.instant("expires_at", row.expires_at)?,
            used_at: reading.optional_instant("used_at", row.used_at)?,
        })
    }
}
