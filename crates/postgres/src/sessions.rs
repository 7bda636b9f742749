//! Login sessions and refresh tokens.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Timestamptz, Uuid as SqlUuid};
use offers_domain::ids::{SessionId, UserId};
use offers_domain::ports::{Locked, PresentedToken, Sessions, StoreError};
use offers_domain::session::{RefreshHash, RefreshToken, Session};
use time::OffsetDateTime;

use crate::rows::{RefreshTokenRow, SessionRow};
use crate::schema::{refresh_tokens, sessions};
use crate::statement::statement;
use crate::unit_of_work::PgUnitOfWork;

const INSERT: &str = "
    WITH begun AS (
        INSERT INTO sessions (id, user_id, created_at, expires_at, revoked_at, last_used_at)
        VALUES ($1, $2, $3, $4, $5, $3)
    )
    INSERT INTO refresh_tokens (hash, session_id, parent, expires_at, used_at) VALUES ($6, $7, $8, $9, $10)";

const ROTATE: &str = "
    WITH used AS (
        UPDATE refresh_tokens SET used_at = $2 WHERE hash = $1 AND used_at IS NULL RETURNING hash
    ), heard_of AS (
        UPDATE sessions SET last_used_at = $2 FROM used WHERE id = $4
    )
    INSERT INTO refresh_tokens (hash, session_id, parent, expires_at, used_at)
    SELECT $3, $4, $5, $6, $7 FROM used";

/// By the key alone: with `revoked_at IS NULL`, a plan may walk the index of all sessions that live.
const FIND: &str = "SELECT id, user_id, created_at, expires_at, revoked_at FROM sessions WHERE id = ANY ($1)";

/// The first end counts.
const REVOKE: &str = "UPDATE sessions SET revoked_at = coalesce(revoked_at, $2) WHERE id = ANY ($1)";

/// A session ends at its expiry or when it is revoked, whichever is first: two disjoint lists, each in an index's order.
const PURGE: &str = "
    DELETE FROM sessions WHERE id = ANY (ARRAY(
        SELECT id FROM (
            SELECT id, expires_at AS ended_at FROM sessions
            WHERE expires_at < $1 AND (revoked_at IS NULL OR revoked_at >= expires_at)
            UNION ALL
            SELECT id, revoked_at FROM sessions WHERE revoked_at < $1 AND revoked_at < expires_at
        ) AS ended
        ORDER BY ended_at LIMIT $2
    ))";

#[async_trait]
impl Sessions for PgUnitOfWork {
    async fn insert_session(&mut self, session: &Session, token: &RefreshToken) -> Result<(), StoreError> {
        let insert = statement(INSERT)
            .bind::<SqlUuid, _>(session.id.0)
            .bind::<BigInt, _>(session.user.0)
            .bind::<Timestamptz, _>(session.created_at)
            .bind::<Timestamptz, _>(session.expires_at)
            .bind::<Nullable<Timestamptz>, _>(session.revoked_at)
            .bind::<Binary, _>(token.hash.0.to_vec())
            .bind::<SqlUuid, _>(token.session.0)
            .bind::<Nullable<Binary>, _>(token.parent.map(|parent| parent.0.to_vec()))
            .bind::<Timestamptz, _>(token.expires_at)
            .bind::<Nullable<Timestamptz>, _>(token.used_at);
        self.write(insert)
    }

    async fn lock_refresh_token(&mut self, hash: RefreshHash) -> Result<Option<PresentedToken>, StoreError> {
        let presented = refresh_tokens::table
            .inner_join(sessions::table)
            .filter(refresh_tokens::hash.eq(hash.0.to_vec()))
            .select((SessionRow::as_select(), RefreshTokenRow::as_select()))
            .for_no_key_update();
        let found: Option<(SessionRow, RefreshTokenRow)> = self.rows(presented).await?.pop();
        let Some((session, token)) = found else { return Ok(None) };
        // A statement of its own: this one sees what was committed while the first one waited for its lock.
        let children = refresh_tokens::table
            .filter(refresh_tokens::parent.eq(hash.0.to_vec()))
            .select(RefreshTokenRow::as_select());
        let children: Vec<RefreshTokenRow> = self.rows(children).await?;
        Ok(Some(PresentedToken {
            session: Locked::by_store(session.into()),
            token: Locked::by_store(token.try_into()?),
            children: children.into_iter().map(RefreshToken::try_from).collect::<Result<_, _>>()?,
        }))
    }

    async fn rotate_refresh_token(
        &mut self,
        used: RefreshHash,
        successor: &RefreshToken,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let rotate = statement(ROTATE)
            .bind::<Binary, _>(used.0.to_vec())
            .bind::<Timestamptz, _>(now)
            .bind::<Binary, _>(successor.hash.0.to_vec())
            .bind::<SqlUuid, _>(successor.session.0)
            .bind::<Nullable<Binary>, _>(successor.parent.map(|parent| parent.0.to_vec()))
            .bind::<Timestamptz, _>(successor.expires_at)
            .bind::<Nullable<Timestamptz>, _>(successor.used_at);
        self.write_rows(rotate, 1, StoreError::Contention("the refresh token was used since".into()))
    }

    async fn live_sessions(
        &mut self,
        ids: &[SessionId],
        now: OffsetDateTime,
    ) -> Result<HashSet<SessionId>, StoreError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let rows: Vec<SessionRow> = self.rows(statement(FIND).bind::<Array<SqlUuid>, _>(ids)).await?;
        let live = rows.into_iter().map(Session::from).filter(|session| session.is_live(now));
        Ok(live.map(|session| session.id).collect())
    }

    async fn lock_live_sessions(
        &mut self,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<Vec<Locked<Session>>, StoreError> {
        let live = sessions::table
            .filter(sessions::user_id.eq(user.0))
            .filter(sessions::revoked_at.is_null().and(sessions::expires_at.gt(now)))
            .order((sessions::created_at, sessions::id))
            .select(SessionRow::as_select())
            .for_no_key_update();
        let rows: Vec<SessionRow> = self.rows(live).await?;
        Ok(rows.into_iter().map(|row| Locked::by_store(row.into())).collect())
    }

    async fn revoke_sessions(
        &mut self,
        sessions: &[SessionId],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if sessions.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = sessions.iter().map(|id| id.0).collect();
        let revoke = statement(REVOKE).bind::<Array<SqlUuid>, _>(ids).bind::<Timestamptz, _>(now);
        self.write(revoke)
    }

    async fn purge_sessions(&mut self, limit: OffsetDateTime, at_most: usize) -> Result<usize, StoreError> {
        let at_most = i64::try_from(at_most).unwrap_or(i64::MAX);
        self.run(statement(PURGE).bind::<Timestamptz, _>(limit).bind::<BigInt, _>(at_most)).await
    }
}
