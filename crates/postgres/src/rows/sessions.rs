//! Sessions and refresh tokens.

use diesel::pg::Pg;
use diesel::prelude::*;
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::StoreError;
use offers_domain::session::{RefreshHash, RefreshToken, Session};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Reading;
use crate::schema::{refresh_tokens, sessions};

/// A login.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
pub(crate) struct SessionRow {
    id: Uuid,
    user_id: i64,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    revoked_at: Option<OffsetDateTime>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId(row.id),
            user: UserId(row.user_id),
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A refresh token's digest. Corrupt rows are named by their session, since the digest is a secret's.
#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = refresh_tokens, check_for_backend(Pg))]
pub(crate) struct RefreshTokenRow {
    hash: Vec<u8>,
    session_id: Uuid,
    parent: Option<Vec<u8>>,
    expires_at: OffsetDateTime,
    used_at: Option<OffsetDateTime>,
}

impl TryFrom<RefreshTokenRow> for RefreshToken {
    type Error = StoreError;

    fn try_from(row: RefreshTokenRow) -> Result<Self, StoreError> {
        let reading = Reading { table: "refresh_tokens", row: &row.session_id };
        let parent = row.parent.as_deref().map(|parent| reading.digest("parent", parent));
        Ok(Self {
            hash: RefreshHash(reading.digest("hash", &row.hash)?),
            session: SessionId(row.session_id),
            parent: parent.transpose()?.map(RefreshHash),
            expires_at: row.expires_at,
            used_at: row.used_at,
        })
    }
}
